"""What each provider speaks. Pure: httpx and marshmallow; knows neither Celery, nor Flask, nor Redis."""
