"""The views: a check of the backend's health, and two for signed-in users of the shop."""

from dataclasses import asdict

from django.http import HttpRequest, JsonResponse

from marbelle_verify.django import caller_of, get_verifier, token_required


def healthz(_request: HttpRequest) -> JsonResponse:
    health = get_verifier().health()
    return JsonResponse(asdict(health), status=200 if health.ok else 503)


@token_required
def orders(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user_id": caller_of(request).user_id, "orders": []})


@token_required
async def count(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"user_id": caller_of(request).user_id, "count": 0})
