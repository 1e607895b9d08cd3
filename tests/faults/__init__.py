"""Breaks things on real servers, and proves that nothing is lost or doubled."""
