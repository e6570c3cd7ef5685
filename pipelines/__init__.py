"""What the batch side of the health space does: plain Python, callable from a test, a shell or a DAG; never imports Airflow."""
