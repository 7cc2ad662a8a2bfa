"""Raw records to ECS, one table a provider."""
