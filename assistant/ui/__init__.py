"""The chat page: a face like the command line, it shows answers and decides nothing.

page.py          the page: what is on it, what happens on it, and the server it runs on
holder.py        the open assistant, opened anew when the index has a newer generation
conversation.py  one question and what came of it, as the page keeps it
answers.py       an exchange as the HTML of a chat message
sources.py       the sources panel: a card a citation, and the whole article with its quotes marked
examples.py      example questions, from what is indexed
markup.py        text as HTML; everything that comes from outside is escaped there
page.css, page.js
"""
