# shellcheck shell=bash
# What the file of a SQLite database shows by itself.

# number FILE OFFSET BYTES: big-endian.
number() { od -An -v -tu1 -j "$2" -N "$3" "$1" | awk '{ for (i = 1; i <= NF; i++) n = n * 256 + $i } END { printf "%d", n }'; }

# damage FILE: what its first hundred bytes and its size already show; nothing if they show nothing.
damage() {
  local file=$1 size page pages
  [[ -e $file ]] || { echo "is missing"; return; }
  [[ -f $file ]] || { echo "is no file"; return; }
  [[ -r $file ]] || { echo "can't be read"; return; }
  size=$(stat -c %s "$file")
  ((size > 0)) || { echo "is empty (0 bytes)"; return; }
  [[ $(head -c 15 "$file" | tr -d '\0') == "SQLite format 3" ]] || { echo "is no SQLite database: something else, or encrypted"; return; }
  page=$(number "$file" 16 2)
  ((page != 1)) || page=65536
  ((page >= 512 && (page & (page - 1)) == 0)) || { echo "has a damaged header (page size $page)"; return; }
  pages=$(number "$file" 28 4)
  # The header's count is only kept by writers that also keep this mark; a WAL may hold the rest.
  if [[ $(number "$file" 24 4) == "$(number "$file" 92 4)" && ! -s $file-wal ]] && ((size < page * pages)); then
    echo "is cut short: $size bytes, its header says $((page * pages))"
  fi
}
