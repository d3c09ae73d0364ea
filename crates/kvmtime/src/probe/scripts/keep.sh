# What is kept, and what could not be read, goes into $folder.
if [ -e "$folder" ]; then
    echo "$folder is there already: delete or rename it first" >&2
    exit 2
fi
mkdir -p "$folder/kvmtime/run" || exit 2
unknown=

# What could not be read: "absent" and "denied" are quite different things to know.
unknown() {
    unknown="$unknown${unknown:+,
}    \"$1\": $2"
}

mac='[0-9A-Fa-f][0-9A-Fa-f]'
redacted() {
    sed "s/$mac:$mac:$mac:$mac:$mac:$mac/52:54:00:12:34:56/g"
}

# Keeps files at their own paths.
take() {
    for path in "$@"; do
        if [ ! -e "$path" ]; then
            unknown "$path" '"absent"'
        elif [ -d "$path" ]; then
            mkdir -p "$folder$path"
        else
            mkdir -p "$folder${path%/*}"
            if ! cat "$path" 2>/dev/null >"$folder/output"; then
                unknown "$path" '"denied"'
            else
                redacted <"$folder/output" >"$folder$path"
            fi
        fi
    done
}

# Keeps what a program prints under the name that kvmtime looks for.
run() {
    name=$(echo "$*" | tr ' /' '_.')
    if ! command -v "$1" >/dev/null; then
        unknown "/kvmtime/run/$name" '"absent"'
    elif "$@" >"$folder/output" 2>"$folder/error" </dev/null; then
        redacted <"$folder/output" >"$folder/kvmtime/run/$name"
    elif grep -Eqi 'not permitted|denied' "$folder/error"; then
        unknown "/kvmtime/run/$name" '"denied"'
    else
        why=$(cat "$folder/error" "$folder/output" | sed -n 1p | tr -d '"\\\001-\037')
        unknown "/kvmtime/run/$name" "{ \"failed\": \"$why\" }"
    fi
}

# Ends the folder.
finish() {
    rm -f "$folder/output" "$folder/error"
    printf '{\n  "unknown": {\n%s\n  },\n  "names": {}\n}\n' "$unknown" >"$folder/kvmtime/index.json"
    archive=$folder
    if tar -czf "$folder.tar.gz" "$folder" 2>/dev/null; then
        archive=$folder.tar.gz
    fi
    echo "copy $archive to a machine with kvmtime (tar -xzf unpacks it), and run there:"
    echo "    kvmtime check $folder                  or, with its domain:"
    echo "    kvmtime check $folder web01.xml"
}
