"""Who takes part, how each is built from its published package, and the line protocol."""

import json
import os
import pathlib
import re
import select
import shutil
import subprocess
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
# Those that others are compared with; conecta-barging only stands beside them.
OURS = {"threads": "conecta", "tasks": "conecta-asio"}


@dataclass
class Contestant:
    name: str
    kind: str  # threads or tasks
    order: str  # of its waiters: fifo, unfair, none (nobody waits), or yardstick
    what: str
    tools: list
    folder: str
    build: list = field(default_factory=list)
    start: list = field(default_factory=list)
    package: str = ""


def contestants(build: pathlib.Path, ours: str):
    go, rust, java, node = (build / name for name in ("go", "rust", "java", "node"))
    worker = ["java", "-cp", f"{java}/classes:{java}/lib/*", "bench.Worker"]
    maven = [["mvn", "-q", "-B", f"-Dbench.build={java}", "package"]]
    cargo = [["cargo", "build", "--release", "--locked", "-q", "--target-dir", str(rust)]]
    rest = [
        ("puddle", "tasks", "fifo", "goroutines", ["go"], "go", go_build(go, "puddle"),
         [str(go / "puddle.bin")], "github.com/jackc/puddle/v2"),
        ("go-conecta", "tasks", "none", "goroutines", ["go"], "go", go_build(go, "go-conecta"),
         [str(go / "go-conecta.bin")], "github.com/shengyanli1982/conecta"),
        ("deadpool", "tasks", "fifo", "tokio tasks", ["cargo"], "rust", cargo,
         [str(rust / "release/deadpool")], "deadpool"),
        ("bb8", "tasks", "unfair", "tokio tasks", ["cargo"], "rust", cargo,
         [str(rust / "release/bb8")], "bb8"),
        ("hikaricp", "threads", "unfair", "Java threads", ["java", "javac", "mvn"], "java", maven,
         [*worker, "hikaricp"], "HikariCP"),
        ("commons-pool2", "threads", "unfair", "Java threads", ["java", "javac", "mvn"], "java",
         maven, [*worker, "commons-pool2"], "commons-pool2"),
        ("commons-pool2-fair", "threads", "fifo", "Java threads", ["java", "javac", "mvn"], "java",
         maven, [*worker, "commons-pool2-fair"], "commons-pool2"),
        ("generic-pool", "tasks", "fifo", "promises", ["node", "npm"], "node",
         [["npm", "ci", "--silent", "--prefix", str(node)]], ["node", str(node / "worker.js")],
         "generic-pool"),
    ]
    yield Contestant("conecta", "threads", "fifo", "C++ threads", [], "", [], [ours, "threads"])
    yield Contestant("conecta-barging", "threads", "unfair", "C++ threads", [], "", [],
                     [ours, "barging"])
    yield Contestant("conecta-asio", "tasks", "fifo", "Asio completions", [], "", [],
                     [ours, "tasks"])
    yield Contestant("cas", "threads", "yardstick", "C++ threads", [], "", [], [ours, "cas"])
    yield Contestant("mutex", "threads", "yardstick", "C++ threads", [], "", [], [ours, "mutex"])
    for values in rest:
        yield Contestant(*values)


def go_build(build, name):
    module = build / name
    return [["go", "build", "-C", str(module), "-mod=mod", "-o", str(build / f"{name}.bin"), "."]]


def prepare(build: pathlib.Path):
    """The sources whose tools write beside them, copied to where build products may be."""
    for name in ("go", "go-conecta", "puddle"):
        shutil.copytree(HERE / name, build / "go" / name, dirs_exist_ok=True)
    (build / "node").mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "worker.js"):
        shutil.copy(HERE / "node" / name, build / "node" / name)


def build_one(one: Contestant):
    """None, or why it cannot take part."""
    missing = [tool for tool in one.tools if shutil.which(tool) is None]
    if missing:
        return "not on PATH: " + ", ".join(missing)
    environment = {**os.environ, "GOTOOLCHAIN": "local", "CARGO_TERM_COLOR": "never"}
    folder = HERE if one.folder in ("", "go", "node") else HERE / one.folder
    for command in one.build:
        done = subprocess.run(command, cwd=folder, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            return f"{' '.join(command[:2])} failed: {reason_in(done.stdout)}"
    return None


def reason_in(output):
    """The line of a build's output that says most, without the addresses in it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.search("error|available|forbidden|not found", line, re.I)]
    line = (telling or lines[-1:] or ["no output"])[0]
    return re.sub(r"\s*https?://\S+", "", line)[:200]


class Worker:
    """A contestant's process."""

    def __init__(self, one: Contestant):
        self.contestant = one
        self.process = subprocess.Popen(one.start, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, bufsize=0)

    def play(self, shape: str, milliseconds: int) -> dict:
        """Raises RuntimeError when the worker ends, or says nothing for two minutes."""
        try:
            self.process.stdin.write(f"{shape} {milliseconds}\n".encode())
        except BrokenPipeError:
            raise RuntimeError(self._last_words()) from None
        ready, _, _ = select.select([self.process.stdout], [], [], 120 + milliseconds / 500)
        line = self.process.stdout.readline() if ready else None
        if not line:
            self.process.kill()
            raise RuntimeError("no answer in time" if line is None else self._last_words())
        return json.loads(line)

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _last_words(self):
        said = self.process.stderr.read().decode(errors="replace").strip().splitlines()
        return "ended: " + (said[0] if said else f"status {self.process.wait()}")


def versions(one: Contestant):
    """Of the package, as its lock file or manifest names it."""
    if one.folder == "go":
        text = (HERE / one.name / "go.mod").read_text()
        return re.search(rf"{re.escape(one.package)} (\S+)", text)[1]
    if one.folder == "rust":
        text = (HERE / "rust/Cargo.lock").read_text()
        return re.search(rf'name = "{one.package}"\nversion = "(.+?)"', text)[1]
    if one.folder == "java":
        text = (HERE / "java/pom.xml").read_text()
        return re.search(rf"<artifactId>{one.package}</artifactId>\s*<version>(.+?)<", text)[1]
    if one.folder == "node":
        return json.loads((HERE / "node/package.json").read_text())["dependencies"][one.package]
    return "this commit"
