"""Scripts that Streamlit draws, one folder a department."""
