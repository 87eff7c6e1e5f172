"""Figures for supervisors, counted over call records; every figure says out of how many and how sure it is."""
