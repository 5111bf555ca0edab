"""Mode M: the model, its queue and its speed."""
