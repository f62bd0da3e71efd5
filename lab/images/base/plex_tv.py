"""The lab's plex.tv: mints claim tokens for the account whose token it knows, and trades each of them once."""

import os
import secrets
import time

import stand_in

LIFETIME = 240
MINTED = {}


class Handler(stand_in.Handler):
    def do_GET(self):
        if self.path == "/":
            return self.answer(200, {})
        if self.path != "/api/claim/token.json":
            return self.answer(404, {})
        if self.headers.get("X-Plex-Token") != os.environ["ACCOUNT_TOKEN"]:
            return self.answer(401, {"error": "Invalid token"})
        token = f"claim-{secrets.token_urlsafe(15)}"
        MINTED[token] = time.time()
        self.answer(200, {"token": token, "expiresIn": LIFETIME})

    def do_POST(self):
        minted = MINTED.pop(self.json().get("token"), 0)
        if self.path != "/api/claim/exchange" or time.time() - minted > LIFETIME:
            return self.answer(401, {"error": "Invalid claim token"})
        self.answer(200, {"authToken": secrets.token_urlsafe(15), "username": "lab"})


stand_in.serve(80, Handler)
