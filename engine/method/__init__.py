"""The method: propose, criticise, revise and judge under a constitution."""
