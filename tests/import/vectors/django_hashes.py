"""Prints hashes as Django stores them, one JSON array a line: the kind, the password, the hash.

    python3 -m venv venv && venv/bin/pip install 'django>=5.2' argon2-cffi bcrypt
    venv/bin/python tests/import/vectors/django_hashes.py > tests/import/vectors/django_hashes.jsonl
"""

import json

import django
from django.conf import settings

HASHERS = [
    "PBKDF2PasswordHasher",
    "PBKDF2SHA1PasswordHasher",
    "Argon2PasswordHasher",
    "BCryptSHA256PasswordHasher",
    "BCryptPasswordHasher",
    "ScryptPasswordHasher",
]
settings.configure(PASSWORD_HASHERS=[f"django.contrib.auth.hashers.{hasher}" for hasher in HASHERS])
django.setup()

from django.contrib.auth.hashers import get_hasher, make_password  # noqa: E402

PASSWORDS = ["sea walk number 7", "Pässwörd–ﬁn ⅷ", "long " * 14]

for password in PASSWORDS:
    for algorithm in ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt"]:
        # The bcrypt of today refuses what it would cut; older ones cut it.
        if algorithm == "bcrypt" and len(password.encode()) > 72:
            continue
        print(json.dumps([algorithm, password, make_password(password, hasher=algorithm)], ensure_ascii=False))

# Of earlier versions: fewer rounds, Argon2i, another cost of bcrypt.
pbkdf2, bcrypt = get_hasher("pbkdf2_sha256"), get_hasher("bcrypt_sha256")
for rounds in [10_000, 24_000, 180_000, 600_000]:
    print(json.dumps(["pbkdf2_sha256", "of before", pbkdf2.encode("of before", "saltsaltsalt", rounds)]))
bcrypt.rounds = 10
print(json.dumps(["bcrypt_sha256", "of before", bcrypt.encode("of before", bcrypt.salt())]))
