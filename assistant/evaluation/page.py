def to_html(report, texts): return ""
