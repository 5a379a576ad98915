"""Gold questions, metrics, reports and the gate. Engines are asked through a callable, whoever
made them; nothing here knows how an answer comes about.
"""
