"""The operators' web application: HTTP in, codes and values out; every question and act within the scope of the asker."""
