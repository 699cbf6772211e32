# Reads one e-mail from stdin with Python's own parser and prints what was asked for: a header field's value, decoded,
# or "plain", "html" (the part's text). Exits 1 when the parser found any defect.
import email, email.header, email.policy, email.utils, sys

data = sys.stdin.buffer.read()
m = email.message_from_bytes(data, policy=email.policy.default)
parts = {p.get_content_subtype(): p for p in m.iter_parts()} if m.is_multipart() else {m.get_content_subtype(): m}
for what in sys.argv[1:]:
    if what in ("plain", "html"):
        text = parts[what].get_payload(decode=True).decode(parts[what].get_content_charset()).replace("\r\n", "\n")
        sys.stdout.buffer.write(text.encode())
    elif what == "wire":  # are all lines ASCII and short, but for what the delivering side put on top?
        body = data[data.index(b"\nDate:") + 1:]
        print(max(len(l) for l in body.splitlines()) <= 100 and max(body) < 128)
    elif what == "From":  # by the old reader: the new one keeps blanks between encoded words
        raw = email.message_from_bytes(data)["From"].replace("\r", "").replace("\n", "")
        name, address = email.utils.parseaddr(raw)
        print(email.header.make_header(email.header.decode_header(name)), "/", address)
    else:
        print(m[what])
sys.exit(any(p.defects for p in [m, *parts.values()]))
