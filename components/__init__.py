"""Streamlit words we own: frame, forms, tables, dates, charts."""
