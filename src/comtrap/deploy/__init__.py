"""Rules into a running Kibana, and what was changed there.

All of it works on the JSON objects of an import file, whoever made them; nothing outside this package talks HTTP.
"""
