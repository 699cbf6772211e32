# bash completion for advisctl; made by "advisctl --bash-completion", not to be edited.
# shellcheck shell=bash
_advisctl() {
        local cur prev command='' second='' options='' words='' files='' i
        local first="status queue show citizen submit import rejected gateway hold release retry cancel replay preview figures competition reach delivery enrolment verify backup dump load keys audit explain reload"
        local common=" --config --json --help --version"
        COMPREPLY=()
        cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
        for ((i = 1; i < COMP_CWORD; i++)); do
                case ${COMP_WORDS[i]} in
                --config) ((i++)) ;;
                -*) ;;
                *)
                        if [[ -z $command ]]; then
                                command=${COMP_WORDS[i]}
                        elif [[ -n $second && " $second " == *" ${COMP_WORDS[i]} "* ]]; then
                                command+=" ${COMP_WORDS[i]}" second=''
                        fi
                        ;;
                esac
                case $command in
        citizen) second="show forget lift" ;;
        rejected) second="show resubmit drop" ;;
        gateway) second="list pause resume test" ;;
        figures) second="snapshot publish snapshots" ;;
        competition) second="draw" ;;
        enrolment) second="due" ;;
                esac
        done
        case "$prev" in
        --config)
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
                return
                ;;
        esac
        case "$command" in
        '') words=$first ;;
        "status")
                options=" --watch"
                ;;
        "queue")
                options=" --state --channel --list --limit"
                ;;
        "show")
                options=""
                ;;
        "citizen show")
                options=" --reason --limit"
                ;;
        "citizen forget")
                options=" --reason --dry-run"
                ;;
        "citizen lift")
                options=" --reason --channel --dry-run"
                ;;
        "submit")
                options=" --anyway"
                files=1
                ;;
        "import")
                options=" --restart"
                files=1
                ;;
        "rejected show")
                options=" --after --bytes --reason"
                ;;
        "rejected resubmit")
                options=""
                ;;
        "rejected drop")
                options=""
                ;;
        "gateway list")
                options=""
                ;;
        "gateway pause")
                options=""
                ;;
        "gateway resume")
                options=""
                ;;
        "gateway test")
                options=" --language"
                ;;
        "hold")
                options=" --reason"
                words="all channel gateway sender sms email"
                ;;
        "release")
                options=" --reason"
                words="all channel gateway sender sms email"
                ;;
        "retry")
                options=" --sender --since --until --channel --gateway --dry-run --reason"
                ;;
        "cancel")
                options=" --sender --since --until --channel --gateway --dry-run --reason"
                ;;
        "replay")
                options=" --sender --since --until --channel --gateway --dry-run --reason --state"
                ;;
        "preview")
                options=" --channel --language --case --count --sender"
                ;;
        "figures snapshot")
                options=" --week --date --since --every"
                ;;
        "figures publish")
                options=" --week"
                files=1
                ;;
        "figures snapshots")
                options=""
                ;;
        "figures")
                options=" --week --date --by --area --format --locale --register --first --publish"
                ;;
        "competition draw")
                options=" --commit --value --winners --verify --category --region --municipality --source --reason"
                ;;
        "competition")
                options=" --date --category --region --format --locale --publish"
                words="standings winners"
                ;;
        "reach")
                options=" --week --date --by --format --locale --publish"
                ;;
        "delivery")
                options=" --week --since --until --bill --format --locale"
                ;;
        "enrolment due")
                options=" --date --until --apply --reason"
                ;;
        "verify")
                options=""
                ;;
        "backup")
                options=" --keep --reason"
                files=1
                ;;
        "dump")
                options=""
                files=1
                ;;
        "load")
                options=""
                files=1
                ;;
        "keys")
                options=""
                ;;
        "audit")
                options=" --since --before --limit"
                ;;
        "explain")
                options=""
                ;;
        "reload")
                options=""
                ;;
        *) words=$second ;;
        esac
        if [[ $prev == --* ]]; then
                case "$command $prev" in
                "queue --state") words="waiting leased handed uncertain delivered accepted unresolved rejected expired cancelled suppressed" ;;
                "queue --channel") words="sms email" ;;
                "queue --limit") words= ;;
                "citizen show --reason") words= ;;
                "citizen show --limit") words= ;;
                "citizen forget --reason") words= ;;
                "citizen lift --reason") words= ;;
                "citizen lift --channel") words="sms email" ;;
                "rejected show --after") words= ;;
                "rejected show --reason") words= ;;
                "gateway test --language") words="da en" ;;
                "hold --reason") words= ;;
                "release --reason") words= ;;
                "retry --sender") words= ;;
                "retry --since") words= ;;
                "retry --until") words= ;;
                "retry --channel") words="sms email" ;;
                "retry --gateway") words= ;;
                "retry --reason") words= ;;
                "cancel --sender") words= ;;
                "cancel --since") words= ;;
                "cancel --until") words= ;;
                "cancel --channel") words="sms email" ;;
                "cancel --gateway") words= ;;
                "cancel --reason") words= ;;
                "replay --sender") words= ;;
                "replay --since") words= ;;
                "replay --until") words= ;;
                "replay --channel") words="sms email" ;;
                "replay --gateway") words= ;;
                "replay --reason") words= ;;
                "replay --state") words="rejected expired unresolved" ;;
                "preview --channel") words="sms email" ;;
                "preview --language") words="da en" ;;
                "preview --case") words="owner reader reminder reader-reminder test" ;;
                "preview --count") words= ;;
                "preview --sender") words= ;;
                "figures snapshot --week") words= ;;
                "figures snapshot --date") words= ;;
                "figures snapshot --since") words= ;;
                "figures snapshot --every") words= ;;
                "figures publish --week") words= ;;
                "figures --week") words= ;;
                "figures --date") words= ;;
                "figures --by") words= ;;
                "figures --area") words= ;;
                "figures --format") words="table csv json html" ;;
                "figures --locale") words="da C" ;;
                "competition draw --value") words= ;;
                "competition draw --winners") words= ;;
                "competition draw --verify") words= ;;
                "competition draw --category") words="1 2 3" ;;
                "competition draw --region") words= ;;
                "competition draw --municipality") words= ;;
                "competition draw --source") words= ;;
                "competition draw --reason") words= ;;
                "competition --date") words= ;;
                "competition --category") words="1 2 3" ;;
                "competition --region") words= ;;
                "competition --format") words="table csv json" ;;
                "competition --locale") words="da C" ;;
                "reach --week") words= ;;
                "reach --date") words= ;;
                "reach --by") words= ;;
                "reach --format") words="table csv json" ;;
                "reach --locale") words="da C" ;;
                "delivery --week") words= ;;
                "delivery --since") words= ;;
                "delivery --until") words= ;;
                "delivery --format") words="table csv json" ;;
                "delivery --locale") words="da C" ;;
                "enrolment due --date") words= ;;
                "enrolment due --until") words= ;;
                "enrolment due --reason") words= ;;
                "backup --keep") words= ;;
                "backup --reason") words= ;;
                "audit --since") words= ;;
                "audit --before") words= ;;
                "audit --limit") words= ;;
                *) prev='' ;;
                esac
                if [[ -n $prev ]]; then
                        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
                        return
                fi
        fi
        if [[ $cur == -* ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$options $common" -- "$cur")
        elif [[ -n $files ]]; then
                compopt -o filenames 2> /dev/null
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        else
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        fi
}
complete -F _advisctl advisctl
