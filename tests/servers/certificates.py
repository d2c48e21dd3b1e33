"""Certificates for servers on loopback, by openssl."""
import subprocess


class Certificates:
    """An authority of our own, and what it signed, and did not."""

    def __init__(self, directory):
        self.directory = directory
        self.make("authority", "-x509", days=30, host="authority")
        self.authority = f"{directory}/authority.pem"
        for name, days, host in (("good", 30, "localhost"), ("other", 30, "elsewhere.example"),
                                 ("client", 30, "client")):
            self.sign(name, days, host)
        self.make("self", "-x509", days=30, host="localhost")
        self.sign("expired", -1, "localhost")

    def make(self, name, *options, days, host):
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", f"{self.directory}/{name}.key",
                        "-out", f"{self.directory}/{name}.pem", "-days", str(days),
                        "-subj", f"/CN={host}",
                        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *options],
                       check=True, stderr=subprocess.DEVNULL)

    def sign(self, name, days, host):
        path = f"{self.directory}/{name}"
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", f"{path}.key", "-out", f"{path}.request",
                        "-subj", f"/CN={host}"], check=True, stderr=subprocess.DEVNULL)
        address = "" if host != "localhost" else ",IP:127.0.0.1"
        with open(f"{path}.names", "w", encoding="ascii") as file:
            file.write(f"subjectAltName=DNS:{host}{address}")
        subprocess.run(["openssl", "x509", "-req", "-in", f"{path}.request", "-CA", self.authority,
                        "-CAkey", f"{self.directory}/authority.key", "-days", str(days),
                        "-extfile", f"{path}.names", "-out", f"{path}.pem"],
                       check=True, stderr=subprocess.DEVNULL)
