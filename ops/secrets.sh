#!/usr/bin/env bash
# The secrets of a stack, encrypted with SOPS and age in secrets/<stack>.sops.yaml, which belongs into git.
#
# usage: npm run secrets -- init STACK [--from FILE]   make the file: in your editor, or from a plain FILE
#        npm run secrets -- edit STACK                 change it
#        npm run secrets -- check [FILE…]              prove that each file decrypts; default: all of them
#        npm run secrets -- rotate STACK               new data key, and the recipients that .sops.yaml names
#
# environment: SOPS_AGE_KEY_FILE  your age key, default ~/.config/sops/age/keys.txt
#              SECRETS_DIR        folder of the files, default secrets/ of the project
set -euo pipefail

PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SECRETS_DIR=${SECRETS_DIR:-$PROJECT/secrets}
RULES=$(dirname "$SECRETS_DIR")/.sops.yaml
export SOPS_AGE_KEY_FILE=${SOPS_AGE_KEY_FILE:-${XDG_CONFIG_HOME:-$HOME/.config}/sops/age/keys.txt}

say() { printf '%s\n' "$@" >&2; }

die() {
  say "✗ $1" "${@:2}"
  exit 1
}

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || die "$tool is not installed" "    fix: see https://github.com/getsops/sops and https://github.com/FiloSottile/age"
  done
}

file_of() { echo "$SECRETS_DIR/${1:?name the stack, such as homelab}.sops.yaml"; }

# The public halves of the keys at hand, as sops takes them.
recipients() { age-keygen -y "$SOPS_AGE_KEY_FILE" | paste -sd,; }

make_key() {
  [[ ! -s $SOPS_AGE_KEY_FILE ]] || return 0
  mkdir -p "$(dirname "$SOPS_AGE_KEY_FILE")"
  (umask 077 && age-keygen -o "$SOPS_AGE_KEY_FILE" 2>/dev/null)
  say "made your age key: $SOPS_AGE_KEY_FILE" \
    "    keep it in three places, one of them outside this house: without it these secrets are gone"
}

# Who may read, for everything that sops writes from now on; whoever joins later adds a key here.
make_rules() {
  [[ ! -e $RULES ]] || return 0
  cat >"$RULES" <<END
creation_rules:
  # Every value is encrypted, for each of these age keys, parted by commas. After a change: npm run secrets -- rotate STACK
  - path_regex: ${SECRETS_DIR##*/}/.*\.sops\.yaml$
    age: $(recipients)
END
  say "wrote $RULES"
}

# Encrypted for others only, a file could never be opened here again.
require_own_rule() {
  [[ -e $RULES ]] || die "there is no $RULES, which names who may read" "    fix: restore it from git"
  grep -qF -f <(age-keygen -y "$SOPS_AGE_KEY_FILE") "$RULES" ||
    die "$RULES does not name your age key" "    fix: add to its line \"age:\", after a comma, $(recipients)"
}

init() {
  local stack=${1:-} target from=${3:-}
  target=$(file_of "$stack")
  need sops age-keygen
  if [[ -s $target ]]; then
    check "$target" && say "$target is there already; change it with: npm run secrets -- edit $stack"
    return
  fi
  [[ ${2:-} == "" || (${2:-} == --from && -r $from) ]] || die "expected --from and a readable file, found ${*:2}" "    fix: npm run secrets -- init $stack --from FILE"
  [[ -n $from || -e $SECRETS_DIR/$stack.example.yaml ]] || die "there is no $SECRETS_DIR/$stack.example.yaml to start from" "    fix: name the stack: $(stacks)"
  [[ -n $from ]] || require_terminal "npm run secrets -- init $stack --from FILE"
  make_key
  make_rules
  require_own_rule
  (umask 077 && fill_in "$stack" "$target" "$from")
  say "wrote $target; it belongs into git, and $RULES with it" "    every quarter: npm run secrets -- check"
}

stacks() {
  local file
  for file in "$SECRETS_DIR"/*.example.yaml; do basename "$file" .example.yaml; done | paste -sd' '
}

require_terminal() { { : </dev/tty; } 2>/dev/null || die "there is no terminal for an editor" "    fix: $1"; }

# fill_in STACK TARGET FROM: what is plain lives outside the checkout, for as long as the editor is open.
fill_in() {
  local stack=$1 target=$2 from=$3 dir plain
  dir=$(mktemp -d "${XDG_RUNTIME_DIR:-${TMPDIR:-/tmp}}/secrets.XXXXXX")
  plain=$dir/$stack.yaml
  # shellcheck disable=SC2064 # the names of now
  trap "wipe '$dir'; rm -f '$target.partial'" EXIT
  cp "${from:-$SECRETS_DIR/$stack.example.yaml}" "$plain"
  [[ -n $from ]] || open_editor "$plain"
  until seal "$plain" "$target"; do
    [[ -z $from ]] || exit 1
    say "Enter: back to the editor; Ctrl-C: give up"
    read -r </dev/tty
    open_editor "$plain"
  done
}

# The variable may hold arguments too: code --wait
open_editor() {
  # shellcheck disable=SC2086
  ${EDITOR:-vi} "$1" </dev/tty
}

# An editor's own copies lie beside the file.
wipe() {
  find "$1" -type f -exec shred -u {} + 2>/dev/null || true
  rm -rf "$1"
}

# seal PLAIN TARGET: encrypts and proves that it decrypts to the same; else says what is wrong.
seal() {
  local plain=$1 target=$2 partial=$2.partial open
  open=$(awk -F: '/^[^#].*replace-me/ { print $1 }' "$plain" | paste -sd' ')
  [[ -z $open ]] || { say "✗ still the example's value: $open" "    fix: fill it in, or take the line out if that app is switched off"; return 1; }
  sops --config "$RULES" encrypt --filename-override "$target" "$plain" >"$partial" || { say "✗ sops can't encrypt this"; return 1; }
  open=$(unsealed "$partial")
  [[ -z $open ]] || { say "✗ no text, or empty: $open" "    fix: one line each, name: \"value\""; return 1; }
  sops --decrypt --input-type yaml --output-type json "$partial" | same_as "$plain" || { say "✗ what was encrypted does not decrypt to the same"; return 1; }
  mv "$partial" "$target"
}

# unsealed FILE: the names of what is not encrypted text; nothing where all is well. Never a value.
unsealed() {
  awk -F: '
    /^sops:/ { exit }
    /^(#|[[:space:]]*$)/ || /^[[:alnum:]_]+: ENC\[[^]]*,type:str\]$/ { next }
    { printf "%s%s (line %d)", separator, $1 ~ /^[[:alnum:]_]+$/ ? $1 : "…", NR; separator = ", " }
  ' "$1"
}

# same_as FILE: whether the JSON on standard input says what the YAML file says.
same_as() {
  (cd "$PROJECT" && node -e '
    const fs = require("fs");
    const plain = require("yaml").parse(fs.readFileSync(process.argv[1], "utf8"));
    require("assert").deepStrictEqual(JSON.parse(fs.readFileSync("/dev/stdin", "utf8")), plain);
  ' "$1") 2>/dev/null
}

# What does not decrypt is never handed to an editor or to rotate: sops would print what stands there in clear.
require_readable() {
  [[ -s $1 ]] || die "there is no $1" "    fix: npm run secrets -- init $2"
  sops --decrypt "$1" >/dev/null 2>&1 || check "$1"
}

edit() {
  local target status=0
  target=$(file_of "${1:-}")
  need sops
  require_readable "$target" "$1"
  require_terminal "run it in a terminal"
  sops edit "$target" </dev/tty || status=$?
  # 200: nothing was changed.
  ((status == 0 || status == 200)) || exit "$status"
  check "$target"
}

# check [FILE…]: the exit status is the number of bad files.
check() {
  local file bad=0 files=("$@")
  need sops
  ((${#files[@]})) || mapfile -t files < <(find "$SECRETS_DIR" -name '*.sops.yaml' | sort)
  ((${#files[@]})) || die "there is no file in $SECRETS_DIR" "    fix: npm run secrets -- init homelab"
  for file in "${files[@]}"; do
    check_file "$file" || bad=$((bad + 1))
  done
  return "$bad"
}

check_file() {
  local file=$1 open status=0
  [[ -f $file ]] || { say "✗ $file: no such file" "    fix: npm run secrets -- check"; return 1; }
  open=$(unsealed "$file")
  sops --decrypt "$file" >/dev/null 2>&1 || status=$?
  # https://github.com/getsops/sops/blob/v3.13.3/cmd/sops/codes/codes.go
  case $status${open:+, and not sealed} in
    0) say "✓ $file: decrypts, every value encrypted"; return 0 ;;
    0,*) say "✗ $file: not encrypted text: $open" "    fix: npm run secrets -- edit $(stack_of "$file"), one line each, name: \"value\"" ;;
    128) say "✗ $file: no key in $SOPS_AGE_KEY_FILE decrypts it" "    fix: point SOPS_AGE_KEY_FILE to the key, or restore it from one of its copies" ;;
    *,*) say "✗ $file: in clear: $open" "    fix: have new ones made, as these are known to others; restore the file from git, then: npm run secrets -- edit $(stack_of "$file")" ;;
    *) say "✗ $file: sops does not accept it (exit status $status): it is damaged, or was changed without sops" "    fix: restore it from git" ;;
  esac
  return 1
}

stack_of() { basename "$1" .sops.yaml; }

rotate() {
  local target
  target=$(file_of "${1:-}")
  need sops age-keygen
  require_readable "$target" "$1"
  require_own_rule
  sops --config "$RULES" updatekeys --yes "$target"
  sops rotate --in-place "$target"
  check "$target"
}

main() {
  local command=${1:-}
  case $command in
    init | edit | check | rotate) "$command" "${@:2}" ;;
    *) sed -n '2,/^set/p' "${BASH_SOURCE[0]}" | grep '^#' >&2; exit 2 ;;
  esac
}

main "$@" </dev/null
