"""Sends valid and invalid requests that `schemathesis` generates from the OpenAPI document, and checks
the responses against the document. Usage: python fuzz.py http://127.0.0.1:8000
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parents[2] / "target" / "schemathesis"


def main(url):
    TARGET.mkdir(parents=True, exist_ok=True)
    command = [Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml"]
    command += ["run", f"{url}/sockful/openapi.json", "--suppress-health-check", "all", "--no-color"]
    # schemathesis stores its findings in the working directory.
    environment = {**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "hooks", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=TARGET, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout + done.stderr)
    word = "FAIL" if done.returncode else "ok  "
    print(f"{word} schemathesis: the responses match the document", flush=True)
    return done.returncode


sys.exit(main(sys.argv[1]))
