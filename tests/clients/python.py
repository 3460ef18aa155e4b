"""A Python client: the package `websockets`. Usage: python python.py http://127.0.0.1:8000"""

import json
import random
import sys
import time

from websockets.sync.client import connect


class Client:
    """Sends requests and waits for their replies, one at a time."""

    def __init__(self, socket):
        self.socket = socket
        self.last_id = 0

    def next(self):
        return json.loads(self.socket.recv(timeout=10))

    def send(self, *frame):
        self.socket.send(json.dumps(frame))

    def ask(self, resource, action, payload=None):
        self.last_id += 1
        self.send(resource, action, payload, self.last_id)
        to_resource, to_action, reply, to_id = self.next()
        same([to_resource, to_action, to_id], [resource, action, self.last_id])
        return reply

    def ok(self, resource, action, payload=None):
        reply = self.ask(resource, action, payload)
        assert "ok" in reply, f"{resource} {action} was refused: {reply}"
        return reply["ok"]

    def code(self, resource, action, payload=None):
        reply = self.ask(resource, action, payload)
        assert "err" in reply, f"{resource} {action} was not refused: {reply}"
        return reply["err"]["code"]


def same(actual, expected):
    assert actual == expected, f"{actual!r} is not {expected!r}"


def hello(client, seen):
    """the server sends a hello"""
    resource, action, payload, ack_id = client.next()
    same([resource, action, ack_id], ["sockful", "hello", None])
    same(payload["protocol"], 1)
    assert len(payload["schema"]) >= 8, payload
    assert payload["limits"]["max_frame"] > 0, payload
    assert abs(payload["time"] / 1000 - time.time()) < 60, payload
    seen["schema"] = payload["schema"]


def create(client, seen):
    """create applies the default"""
    record = client.ok("creature", "create", {"id": seen["id"], "kind": "dragon"})
    same((record["id"], record["kind"], record["life"]), (seen["id"], "dragon", 10))


def get(client, seen):
    """get returns the stored record"""
    record = client.ok("creature", "get", {"id": seen["id"]})
    same((record["kind"], record["life"]), ("dragon", 10))


def all(client, seen):
    """all returns the record"""
    records = client.ok("creature", "all", {"kind": "dragon", "$sort": {"id": -1}})
    assert seen["id"] in [record["id"] for record in records], records


def update(client, seen):
    """update changes the given properties"""
    for life in (3, 10):
        record = client.ok("creature", "update", {"id": seen["id"], "life": life})
        same((record["kind"], record["life"]), ("dragon", life))


def feed(client, seen):
    """feed runs on the server"""
    said = client.ok("creature", "feed", {"id": seen["id"], "amount": 1})
    same(said, "I have been fed my life is: 11")
    same(client.ok("creature", "get", {"id": seen["id"]})["life"], 11)


def silent(client, seen):
    """without an ack_id there is no reply"""
    # Requests for one record run in the order sent: a reply to feed would come before get's.
    client.send("creature", "feed", {"id": seen["id"], "amount": 1})
    same(client.ok("creature", "get", {"id": seen["id"]})["life"], 12)


def destroy(client, seen):
    """destroy returns the record"""
    record = client.ok("creature", "destroy", {"id": seen["id"]})
    same((record["id"], record["kind"], record["life"]), (seen["id"], "dragon", 12))


def gone(client, seen):
    """get fails with not_found after destroy"""
    same(client.code("creature", "get", {"id": seen["id"]}), "not_found")


def unknown(client, seen):
    """undeclared names are unknown"""
    for action in ("fly", "__init__", "__class__", "die", ""):
        same(client.code("creature", action, {}), "unknown_action")
    same(client.code("unicorn", "get", {"id": "x"}), "unknown_resource")


def schema(client, seen):
    """schema describes the API"""
    described = client.ok("sockful", "schema")
    same(described["schema"], seen["schema"])
    creature = described["resources"]["creature"]
    same(creature["plural"], "creatures")
    assert "life" in creature["record"]["properties"], creature
    assert "amount" in creature["actions"]["feed"]["payload"]["properties"], creature


def ping(client, seen):
    """ping is answered"""
    assert client.ok("sockful", "ping")["seq"] > 0
    assert client.socket.ping().wait(10), "a ping of WebSocket has no pong"


def close(client, seen):
    """a close is answered"""
    client.socket.close()
    same(client.socket.close_code, 1000)


STEPS = [hello, create, get, all, update, feed, silent, destroy, gone, unknown, schema, ping, close]


def main(url):
    seen = {"id": f"smaug-{random.getrandbits(40):x}"}
    with connect(url.replace("http", "ws", 1), subprotocols=["sockful.1"], proxy=None) as socket:
        client = Client(socket)
        for step in STEPS:
            try:
                step(client, seen)
                print(f"ok   python: {step.__doc__}", flush=True)
            except Exception as error:
                print(f"FAIL python: {step.__doc__}: {error!r}", flush=True)
                return 1
    return 0


sys.exit(main(sys.argv[1]))
