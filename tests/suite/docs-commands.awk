# Every command that a document tells its reader to type, as FILE:LINE<TAB>COMMAND: lines of literal blocks and indented lines
# of Markdown that begin with a program of ours or systemd's, and quoted commands of two words or more.
function is_command(text) {
    return text ~ /^(advisd|advisctl|systemctl|systemd-[a-z]+|journalctl|curl|install|rm|make|df|dmesg|timedatectl)( |$)/
}
function say(text) {
    sub(/ +# .*$/, "", text)  # what it does, for the reader
    gsub(/\\e/, "\\", text)
    gsub(/\\&/, "", text)
    sub(/ [.,;:]$/, "", text)
    if (is_command(text)) print FILENAME ":" FNR "\t" text
}
/^\.Bd -literal/ { block = 1; next }
/^\.Ed/ { block = 0 }
block { say($0) }
/^\.Ql [^ ]+ / { text = $0; sub(/^\.Ql /, "", text); say(text) }
FILENAME ~ /\.md$/ && /^    [a-z]/ { text = $0; sub(/^    /, "", text); say(text) }
