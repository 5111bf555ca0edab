"""The model: its host process, the client of it, and the method (propose, critique, revise)."""
