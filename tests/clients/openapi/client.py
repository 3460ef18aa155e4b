"""The OpenAPI document of a server: a public validator reports no errors, and a client that
`openapi-python-client` generates from it performs every operation on a creature.

Usage: python client.py http://127.0.0.1:8000
"""

import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import traceback
from pathlib import Path
from urllib.request import urlopen

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

TARGET = Path(__file__).parents[3] / "target" / "openapi"
PROGRAMS = Path(sys.executable).parent


def read(url):
    with urlopen(f"{url}/sockful/openapi.json") as answer:
        return json.load(answer)


def valid(url, seen):
    """a public validator reports no errors"""
    document = read(url)
    assert document["openapi"] == "3.1.0", document["openapi"]
    errors = [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]
    assert not errors, errors
    for name, schema in document["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)


def generated(url, seen):
    """the client generator prints no warnings"""
    shutil.rmtree(TARGET, ignore_errors=True)
    TARGET.mkdir(parents=True)
    generator = PROGRAMS / "openapi-python-client"
    command = [generator, "generate", "--url", f"{url}/sockful/openapi.json", "--meta", "none"]
    command += ["--output-path", TARGET / "sockful_client", "--fail-on-warning"]
    # The generator formats its code with another program in the same directory.
    environment = {**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(TARGET))
    seen["client"] = importlib.import_module("sockful_client").Client(base_url=url)


class Api:
    """Calls the functions of the generated client by the names of their operations."""

    def __init__(self, client):
        self.client = client
        self.models = importlib.import_module("sockful_client.models")

    def ask(self, operation, *ids, **rest):
        tag, _ = operation.split("_")
        module = f"sockful_client.api.{tag}.{snake(operation)}"
        return importlib.import_module(module).sync_detailed(*ids, client=self.client, **rest)

    def ok(self, operation, *ids, **rest):
        answer = self.ask(operation, *ids, **rest)
        assert 200 <= answer.status_code < 300, (operation, answer)
        return answer.parsed.ok


def snake(name):
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def life(url, seen):
    """the generated client performs every operation"""
    api = Api(seen["client"])
    models, kind = api.models, f"generated-{random.getrandbits(40):x}"
    made = api.ask("creature_create", body=models.CreatureCreatePayload(kind=kind, life=1))
    assert made.status_code == 201, made
    bob = made.parsed.ok
    assert isinstance(bob, models.Creature), bob
    assert made.headers["location"] == f"creature/{bob.id}", made.headers
    assert api.ok("creature_get", bob.id).life == 1
    assert api.ok("creature_feed", bob.id, body=models.CreatureFeedBody(amount=3)).endswith("4")
    assert api.ok("creature_describe", bob.id).startswith(bob.id)
    assert api.ok("creature_update", bob.id, body=models.CreatureUpdateBody(life=7)).life == 7
    assert [one.id for one in api.ok("creature_find", kind=kind, lifegte=7.0)] == [bob.id]
    assert api.ok("creature_find", kind=kind, lifegte=8.0) == []
    assert api.ok("creature_count", kind=kind) == 1
    several = api.ok("creature_getByPost", body=models.CreatureGetPayload(id=[bob.id, "missing"]))
    assert several[0].kind == kind and several[1] is None, several
    assert api.ok("creature_destroy", bob.id).life == 7
    gone = api.ask("creature_get", bob.id)
    assert gone.status_code == 404 and gone.parsed.err.code == "not_found", gone


def relation(url, seen):
    """the generated client follows a relation"""
    api = Api(seen["client"])
    models = api.models
    album = api.ok("album_create", body=models.AlbumCreatePayload(title="Milestones")).id
    body = models.AlbumCreateSongBody(title="Miles")
    song = api.ok("album_createSong", album, body=body)
    assert song.album_id == album and song.playing is False, song
    assert [one.id for one in api.ok("album_songs", album, title="Miles")] == [song.id]
    whole = api.ok("album_get", album, with_=[models.AlbumGetWithItem.SONGS])
    assert [one.title for one in whole.songs] == ["Miles"], whole
    assert api.ok("song_album", song.id).title == "Milestones"
    api.ok("album_destroy", album)
    assert api.ask("song_get", song.id).status_code == 404


def main(url):
    seen = {}
    for step in [valid, generated, life, relation]:
        try:
            step(url, seen)
            print(f"ok   openapi: {step.__doc__}", flush=True)
        except Exception as error:
            traceback.print_exc()
            print(f"FAIL openapi: {step.__doc__}: {error!r}", flush=True)
            return 1
    return 0


sys.exit(main(sys.argv[1]))
