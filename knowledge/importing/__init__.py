"""Articles from elsewhere: files, web sites, Intercom's help centre.

A reader per kind turns bytes into drafts (`drafts.py`), one function stores a draft whole or not at all (`storing.py`),
and one loop (`running.py`) joins them and tells what became of each item.
"""
