# Who may include whom. awk -f c.awk -f layers.awk FILES of src/ and include/
#  - a room includes itself and lower floors; rooms of one floor never include each other
#  - what lies in src/ROOM/ is that room's own; its doors lie in include/ROOM/
#  - a library's header is named only where its wall is
BEGIN {
    floor["base"] = 0; floor["model"] = 1
    split("config store intake plan channel http receipt stats", two, " "); for (i in two) floor[two[i]] = 2
    floor["flow"] = 3; floor["control"] = 3; floor["daemon"] = 4; floor["tool"] = 4

    wall("systemd/sd-journal.h", "src/base/log.c")
    wall("pthread.h", "src/base/worker.c"); wall("threads.h", "src/base/worker.c")
    wall("jansson.h", "src/base/json.c")
    wall("openssl/", "src/base/secret.c src/base/secret-envelope.c src/channel/smtp")
    wall("sqlite3.h", "src/store/db-sqlite.c")
    wall("expat.h", "src/intake/"); wall("archive.h", "src/intake/"); wall("archive_entry.h", "src/intake/"); wall("lzma.h", "src/intake/")
    wall("curl/", "src/channel/ src/tool/client.c")
    wall("libesmtp.h", "src/channel/smtp"); wall("auth-client.h", "src/channel/smtp")
    wall("netdb.h", "src/channel/smtp-socket.c"); wall("resolv.h", "src/channel/smtp-socket.c")
    wall("microhttpd.h", "src/http/")
    wall("libsmartcols/", "src/tool/")
    wall("idn2.h", "src/model/")
    wall("systemd/sd-event.h", "src/daemon/ src/http/ src/channel/ src/intake/ src/flow/ include/http/ include/channel/ include/intake/ include/flow/")
    wall("systemd/sd-daemon.h", "src/daemon/")
    wall("systemd/sd-id128.h", "src/daemon/")

    # what comes with the C library and the kernel
    n = split("assert ctype dirent endian errno fcntl fnmatch ftw getopt glob grp inttypes langinfo limits locale math poll " \
              "pwd regex sched signal stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string " \
              "strings sysexits syslog termios time unistd wchar", names, " ")
    for (i = 1; i <= n; i++) plain[names[i] ".h"] = 1
}
function wall(header, where) { walls[header] = where }
function exists(path,    line, r) { r = (getline line < path) >= 0; close(path); return r }
function room_of(path,    part) { split(path, part, "/"); return part[2] }

FNR == 1 { room = room_of(FILENAME) }
!/^[ \t]*#[ \t]*include/ { next }
/</ {
    split($0, part, /[<>]/); header = part[2]
    for (h in walls)
        if (header == h || (h ~ /\/$/ && index(header, h) == 1)) {
            n = split(walls[h], where, " "); ok = 0
            for (i = 1; i <= n; i++) if (index(FILENAME, where[i]) == 1) ok = 1
            if (!ok) report("<" header "> belongs behind a wall: " walls[h])
            next
        }
    if (!(header in plain) && header !~ /^(sys|net|netinet|arpa|linux)\//)
        report("<" header "> is no library that tests/lint/layers.awk knows: say there whose it is")
    next
}
/"/ {
    split($0, part, "\""); header = part[2]
    if (header !~ /\//) {
        if (!(header == "store-sql.h" && room == "store"))
            report("\"" header "\": a header is named with its room")
        next
    }
    split(header, part, "/"); target = part[1]
    if (!(target in floor)) report("\"" header "\" is of no room")
    else if (target == room) {
        if (FILENAME ~ /^include\// && !exists("include/" header)) report("a door must not need the inside of its room: \"" header "\"")
    } else if (floor[target] > floor[room]) report(room " (floor " floor[room] ") must not include " target " (floor " floor[target] ")")
    else if (floor[target] == floor[room]) report(room " and " target " share a floor and must not know each other")
    else if (!exists("include/" header)) report("\"" header "\" is the inside of " target ", not its door")
}
