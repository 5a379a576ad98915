"""The page: a face like the command line, it shows answers and decides nothing.

page.py            the page: its tabs, what they share, where it is served
chat_tab.py        the chat's components, and which event does what
chat.py            what happens in the chat
library_tab.py     the indexed articles: reading, adding, removing
evaluation_tab.py  gold questions, the report, feedback as drafts
conversation.py    one question and what came of it, as the page keeps it
storage.py         a conversation as the browser keeps it
export.py          a conversation as Markdown
answers.py         an exchange as the HTML of a chat message
sources.py         the sources panel: a card a citation, and the article with its quotes marked
library.py         what is indexed, in a line
examples.py        example questions, from what is indexed
markup.py          text as HTML; everything that comes from outside is escaped there
page.css, page.js
"""
