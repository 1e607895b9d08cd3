"""The process that scoring processes are forked from: Python's fork server (Linux). It imports torch and the rest once for all of them.

Python lets that process be told by imports alone, so `first` and `last` are imported for their effect, before and after what the
children need, and by no other process.
"""
