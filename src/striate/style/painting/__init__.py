"""painting"""
