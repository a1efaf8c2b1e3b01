"""A Kerberos client on the real MIT libraries, driven by lines on standard input.

Every answer is one line: words separated by spaces, octets in base64 ("-" for none). A failure is "error CODE TEXT".

  gss-init SERVICE@HOST [FLAG ...] [no-layers] [bind=BASE64]    more|done TOKEN
  gss-step TOKEN                                                more|done TOKEN
  gss-wrap clear|conf OCTETS                                    ok TOKEN
  gss-unwrap TOKEN                                              ok OCTETS
  fetch SERVICE HOST                                  ok         (keeps the ticket, whatever becomes of it)
  ap-req mutual|one-way                               ok AP-REQ  (a new authenticator for the ticket)
  sendauth PORT APPLICATION-VERSION mutual|one-way    ok BANNER  (krb5_sendauth, then a line of the server)
"""

import base64
import ctypes as c
import socket
import sys

krb5 = c.CDLL("libkrb5.so.3")
gss = c.CDLL("libgssapi_krb5.so.2")

COMPLETE, CONTINUE = 0, 1
FLAGS = {"mutual": 2, "sequence": 8, "conf": 16, "integ": 32}
MUTUAL_REQUIRED = 0x20000000


class Failure(Exception):
    pass


class Buffer(c.Structure):
    _fields_ = [("length", c.c_size_t), ("value", c.c_void_p)]

    def octets(self):
        return c.string_at(self.value, self.length) if self.length else b""


class Oid(c.Structure):
    _fields_ = [("length", c.c_uint32), ("elements", c.c_char_p)]


class Bindings(c.Structure):
    _fields_ = [
        ("initiator_type", c.c_uint32), ("initiator", Buffer),
        ("acceptor_type", c.c_uint32), ("acceptor", Buffer), ("application", Buffer),
    ]


class Data(c.Structure):
    _fields_ = [("magic", c.c_int32), ("length", c.c_uint32), ("data", c.c_void_p)]


class Creds(c.Structure):
    _fields_ = [
        ("magic", c.c_int32), ("client", c.c_void_p), ("server", c.c_void_p),
        ("key", c.c_byte * 24), ("times", c.c_int32 * 4), ("is_skey", c.c_uint32), ("flags", c.c_int32),
        ("addresses", c.c_void_p), ("ticket", Data), ("second_ticket", Data), ("authdata", c.c_void_p),
    ]


KRB5_MECHANISM = Oid(9, b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02")
NO_CI_FLAGS = Oid(6, b"\x2a\x85\x70\x2b\x0d\x1d")
HOSTBASED = Oid(10, b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04")


def buffer(octets):
    keep = c.create_string_buffer(octets, len(octets))
    made = Buffer(len(octets), c.cast(keep, c.c_void_p))
    made.keep = keep
    return made


class Gss:
    """One initiator context."""

    def __init__(self, target, flags, bound, has_layers):
        minor, self.name, self.context = c.c_uint32(), c.c_void_p(), c.c_void_p()
        given = buffer(target.encode())
        self.check(gss.gss_import_name(c.byref(minor), c.byref(given), c.byref(HOSTBASED),
            c.byref(self.name)), minor)
        self.flags, self.bindings, self.cred = flags, None, None
        if not has_layers:
            # MIT asks for integrity and confidentiality unasked.
            self.cred = c.c_void_p()
            self.check(gss.gss_acquire_cred(
                c.byref(minor), None, c.c_uint32(0xffffffff), None, 1, c.byref(self.cred), None, None), minor)
            self.check(gss.gss_set_cred_option(
                c.byref(minor), c.byref(self.cred), c.byref(NO_CI_FLAGS), c.byref(Buffer())), minor)
        if bound is not None:
            self.bindings = Bindings(0, Buffer(), 0, Buffer(), buffer(bound))

    def check(self, major, minor):
        if major >> 16:
            raise Failure(f"{minor.value} GSS major {major:#x}")

    def step(self, token):
        minor, out, given = c.c_uint32(), Buffer(), buffer(token)
        major = gss.gss_init_sec_context(
            c.byref(minor), self.cred, c.byref(self.context), self.name,
                c.byref(KRB5_MECHANISM), c.c_uint32(self.flags),
            c.c_uint32(0), c.byref(self.bindings) if self.bindings else None,
                c.byref(given) if token else None,
            None, c.byref(out), None, None)
        self.check(major, minor)
        made = out.octets()
        gss.gss_release_buffer(c.byref(minor), c.byref(out))
        return ("more" if major & CONTINUE else "done", made)

    def wrap(self, confidential, octets):
        minor, out, given = c.c_uint32(), Buffer(), buffer(octets)
        self.check(gss.gss_wrap(c.byref(minor), self.context, confidential, 0,
            c.byref(given), None, c.byref(out)), minor)
        return out.octets()

    def unwrap(self, token):
        minor, out, given = c.c_uint32(), Buffer(), buffer(token)
        self.check(gss.gss_unwrap(c.byref(minor), self.context, c.byref(given),
            c.byref(out), None, None), minor)
        return out.octets()

    def close(self):
        minor = c.c_uint32()
        gss.gss_delete_sec_context(c.byref(minor), c.byref(self.context), None)
        gss.gss_release_name(c.byref(minor), c.byref(self.name))


class Krb5:
    """One context, one credentials cache, one ticket."""

    def __init__(self):
        self.context, self.ccache, self.creds = c.c_void_p(), c.c_void_p(), None
        self.check(krb5.krb5_init_context(c.byref(self.context)))
        self.check(krb5.krb5_cc_default(self.context, c.byref(self.ccache)))

    def check(self, code):
        if code == 0:
            return
        krb5.krb5_get_error_message.restype = c.c_char_p
        raise Failure(f"{code} {krb5.krb5_get_error_message(self.context, code).decode()}")

    def fetch(self, service, host):
        wanted, found = Creds(), c.POINTER(Creds)()
        client, server = c.c_void_p(), c.c_void_p()
        self.check(krb5.krb5_cc_get_principal(self.context, self.ccache, c.byref(client)))
        self.check(krb5.krb5_sname_to_principal(self.context, host.encode(), service.encode(), 3,
            c.byref(server)))
        wanted.client, wanted.server = client, server
        self.check(krb5.krb5_get_credentials(self.context, 0, self.ccache, c.byref(wanted), c.byref(found)))
        self.creds = found

    def ap_req(self, options):
        auth, out = c.c_void_p(), Data()
        self.check(krb5.krb5_mk_req_extended(
            self.context, c.byref(auth), c.c_int32(options), None, self.creds, c.byref(out)))
        made = c.string_at(out.data, out.length)
        krb5.krb5_free_data_contents(self.context, c.byref(out))
        krb5.krb5_auth_con_free(self.context, auth)
        return made

    def sendauth(self, port, version, options):
        auth, checksummed = c.c_void_p(), Data()
        with socket.create_connection(("127.0.0.1", port)) as peer:
            fd = c.c_int(peer.fileno())
            error, answer = c.c_void_p(), c.c_void_p()
            self.check(krb5.krb5_sendauth(
                self.context, c.byref(auth), c.byref(fd), version.encode(),
                    c.c_void_p(self.creds.contents.client),
                c.c_void_p(self.creds.contents.server), c.c_int32(options), c.byref(checksummed), self.creds,
                self.ccache, c.byref(error), c.byref(answer) if options else None, None))
            return peer.makefile("rb").readline()


def main():
    contexts = {}
    for line in sys.stdin:
        words = line.split()
        try:
            answer = run(contexts, words)
        except Failure as failure:
            answer = f"error {failure}"
        print(answer, flush=True)


def run(contexts, words):
    verb, rest = words[0], words[1:]
    if verb == "gss-init":
        if "gss" in contexts:
            contexts["gss"].close()
        flags = sum(FLAGS.get(word, 0) for word in rest[1:])
        bound = [base64.b64decode(word[5:]) for word in rest[1:] if word.startswith("bind=")]
        contexts["gss"] = Gss(rest[0], flags, bound[0] if bound else None, "no-layers" not in rest)
        return spell(*contexts["gss"].step(b""))
    if verb == "gss-step":
        return spell(*contexts["gss"].step(octets(rest[0])))
    if verb == "gss-wrap":
        return spell("ok", contexts["gss"].wrap(int(rest[0] == "conf"), octets(rest[1])))
    if verb == "gss-unwrap":
        return spell("ok", contexts["gss"].unwrap(octets(rest[0])))
    krb = contexts.setdefault("krb5", Krb5())
    if verb == "fetch":
        krb.fetch(*rest)
        return "ok"
    options = MUTUAL_REQUIRED if rest[-1] == "mutual" else 0
    if verb == "ap-req":
        return spell("ok", krb.ap_req(options))
    if verb == "sendauth":
        return spell("ok", krb.sendauth(int(rest[0]), rest[1], options))
    raise Failure(f"-1 unknown verb {verb}")


def octets(word):
    return b"" if word == "-" else base64.b64decode(word)


def spell(word, made):
    return f"{word} {base64.b64encode(made).decode() or '-'}"


main()
