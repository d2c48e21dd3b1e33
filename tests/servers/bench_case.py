"""Short runs of `conecta bench`, and what must hold of their results.

CONECTA is the first argument of whoever imports this.
"""
import json
import subprocess
import sys
import tempfile

CONECTA = sys.argv[1]
CANARY = "c4nary-p4ssword"
WORKERS = 4
BREACHES = []


class Case:
    """A short run, and what must hold of its result."""

    def __init__(self, name, url, request, code=0, pool=None, workers=WORKERS, environment=None, **more):
        self.name = name
        scenario = {"version": 1, "name": name, "seed": 1, "endpoints": [{"id": "it", "url": url}],
                    "pool": {"max_size": WORKERS, "acquire_timeout": "5s", **(pool or {})},
                    "workload": {"workers": workers, "request_timeout": "5s",
                                 "requests": [request]},
                    "stages": [{"name": "steady", "duration": "300ms"}], "invariants": True, **more}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(scenario, file)
            file.flush()
            ended = subprocess.run([CONECTA, "bench", file.name, "--json", "-"], text=True,
                                   capture_output=True, check=False, timeout=60,
                                   env=environment)
        self.found = json.loads(ended.stdout) if ended.stdout else {}
        if CANARY in ended.stdout + ended.stderr:
            self.breach("the password is in the output")
        if ended.returncode != code:
            self.breach(f"exit code {ended.returncode}: {ended.stderr}")
        requests = self.found.get("requests", {})
        print(f"{name:<44} {ended.returncode:>3}  {requests.get('succeeded')} succeeded, "
              f"{requests.get('failed')} failed", flush=True)

    def breach(self, why):
        BREACHES.append(f"{self.name}: {why}")

    def holds(self, what, why):
        if not what:
            self.breach(f"{why}: {json.dumps(self.found.get('errors'))} "
                        f"{json.dumps(self.found.get('pool'))} {self.found.get('wire')}")

    def all_succeed(self):
        self.holds(self.found["requests"]["succeeded"] > 0 and
                   self.found["requests"]["failed"] == 0, "all succeed")

    def all_fail(self, phase, kind, words):
        self.holds(self.found["requests"]["succeeded"] == 0, "none succeeds")
        for each in self.found["errors"]:
            self.holds((each["phase"], each["kind"]) == (phase, kind) and words in each["detail"],
                       f"{phase} {kind} {words}")

    def invariant(self, name):
        status = next(e["status"] for e in self.found["invariants"] if e["name"] == name)
        self.holds(status == "held", f"{name} is held, not {status}")

    def fault(self):
        """The block of the only one."""
        return self.found["faults"][0]


def verdict():
    """The exit code."""
    print("\n".join(BREACHES) or "all as it should be")
    return 1 if BREACHES else 0
