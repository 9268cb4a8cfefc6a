"""What Chapar means: domains, rules and the store. Knows neither Streamlit nor Huey."""
