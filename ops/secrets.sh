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

# Rules for `sops edit` and for whoever joins later: one line a person.
make_rules() {
  [[ ! -e $RULES ]] || return 0
  printf 'creation_rules:\n  # Every leaf is encrypted; the recipients are the age keys that may read.\n  - path_regex: secrets/.*\\.sops\\.yaml$\n    age: %s\n' "$(recipients)" >"$RULES"
  say "wrote $RULES"
}

init() {
  local stack=${1:-} target from=${3:-}
  target=$(file_of "$stack")
  need sops age-keygen
  if [[ -s $target ]]; then
    check "$target" && say "$target is there already; change it with: npm run secrets -- edit $stack"
    return
  fi
  [[ ${2:-} == "" || ${2:-} == --from ]] || die "unknown option ${2:-}" "    fix: npm run secrets -- init $stack --from FILE"
  [[ -n $from || -e $SECRETS_DIR/$stack.example.yaml ]] || die "there is no $SECRETS_DIR/$stack.example.yaml to start from" "    fix: name the stack: $(stacks)"
  make_key
  make_rules
  (umask 077 && encrypt "$stack" "$target" "$from")
  say "wrote $target; it belongs into git" "    every quarter: npm run secrets -- check"
}

stacks() { find "$PROJECT/secrets" -name '*.example.yaml' -printf '%f ' | sed 's/\.example\.yaml//g'; }

# encrypt STACK TARGET FROM: what is plain lives in a file of its own for as long as the editor is open.
encrypt() {
  local stack=$1 target=$2 from=$3 plain
  plain=$(mktemp "$SECRETS_DIR/.$stack.XXXXXX.yaml")
  # shellcheck disable=SC2064 # the name of now
  trap "shred -u '$plain' 2>/dev/null || rm -f '$plain'; rm -f '$target.partial'" EXIT
  cp "${from:-$SECRETS_DIR/$stack.example.yaml}" "$plain"
  [[ -n $from ]] || "${EDITOR:-vi}" "$plain" </dev/tty
  ! grep -n 'replace-me' "$plain" | cut -d: -f1-2 >&2 || die "these values are still the example's" "    fix: npm run secrets -- init $stack"
  sops --encrypt --age "$(recipients)" --input-type yaml --output-type yaml "$plain" >"$target.partial"
  sops --decrypt --input-type yaml --output-type json "$target.partial" | same_as "$plain" || die "what was encrypted does not decrypt to the same"
  mv "$target.partial" "$target"
}

# same_as FILE: whether the JSON on standard input says what the YAML file says.
same_as() {
  (cd "$PROJECT" && node -e '
    const fs = require("fs");
    const plain = require("yaml").parse(fs.readFileSync(process.argv[1], "utf8"));
    require("assert").deepStrictEqual(JSON.parse(fs.readFileSync("/dev/stdin", "utf8")), plain);
  ' "$1") 2>/dev/null
}

edit() {
  local target
  target=$(file_of "${1:-}")
  need sops
  [[ -s $target ]] || die "there is no $target" "    fix: npm run secrets -- init $1"
  sops --config "$RULES" edit "$target" </dev/tty
  check "$target"
}

# check [FILE…]: the exit status is the number of files that no key at hand decrypts, or that hold something in clear.
check() {
  local file bad=0 files=("$@")
  need sops
  ((${#files[@]})) || mapfile -t files < <(find "$SECRETS_DIR" -name '*.sops.yaml' | sort)
  ((${#files[@]})) || die "there is no file in $SECRETS_DIR" "    fix: npm run secrets -- init homelab"
  for file in "${files[@]}"; do
    if plain=$(sed '/^sops:/,$d' "$file" | grep -nE '^[^#[:space:]][^:]*:' | grep -v 'ENC\[' | cut -d: -f1,2); [[ -n $plain ]]; then
      say "✗ $file: in clear: $plain" "    fix: treat the value as known to others, then: sops encrypt --in-place $file"
      bad=$((bad + 1))
    elif ! sops --decrypt "$file" >/dev/null 2>&1; then
      say "✗ $file: no key in $SOPS_AGE_KEY_FILE decrypts it" "    fix: point SOPS_AGE_KEY_FILE to the key, or restore it from one of its copies"
      bad=$((bad + 1))
    else
      say "✓ $file: decrypts, every value encrypted"
    fi
  done
  return "$bad"
}

rotate() {
  local target
  target=$(file_of "${1:-}")
  need sops
  [[ -s $target ]] || die "there is no $target" "    fix: npm run secrets -- init $1"
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
