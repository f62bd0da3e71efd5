# shellcheck shell=bash
# Stand-in images under the references that the program pins, built by the lab's own Docker from
# lab/images, cached as one archive, and loaded into both engines.

# pinned KEY: the reference of an image of components/images.yaml.
pinned() { pins images | awk -v key="$1" '$1 == key { print $2 }'; }

image_archive() {
  local key
  key=$( (cd "$HERE/images" && find . ../lib/images.sh -type f -print0 | sort -z | xargs -0 sha256sum && cat "$CHECKOUT/components/images.yaml" &&
    echo "$LAB_IMAGE_BASE") | sha256sum | cut -c1-12)
  echo "$LAB_CACHE/images-$key.tar"
}

build_image() { inside env DOCKER_BUILDKIT=0 docker build --tag "$1" "${@:3}" "/lab/images/$2"; }

build_images() {
  local archive=$1 key folder app reference references=(lab.local/{base,pause,plex-vm}:1)
  rm -rf "$LAB_WORLD/images" && cp -r "$HERE/images" "$LAB_WORLD/images"
  cp "$LAB_BIN/rclone" "$LAB_WORLD/images/rclone/"
  cp "$LAB_BIN/litestream" "$LAB_WORLD/images/litestream/"
  inside docker import - lab.local/debian:1 <"$LAB_IMAGE_BASE"
  build_image lab.local/base:1 base
  build_image lab.local/pause:1 pause
  while IFS=$'\t' read -r key folder app; do
    reference=$(pinned "$key")
    build_image "$reference" "$folder" --build-arg "APP=$app" --build-arg "VERSION=${reference##*:}"
    references+=("$reference")
  done < <(grep -v '^#' "$HERE/images/images.tsv")
  build_image lab.local/plex-vm:1 plex-vm --build-arg "PLEX=$(pinned plex)"
  inside docker save "${references[@]}" >"$archive.part"
  mv "$archive.part" "$archive"
}

load_images() {
  local archive
  archive=$(image_archive)
  [[ $(cat "$LAB_WORLD/images.loaded" 2>/dev/null) == "$archive" ]] && return
  wait_until 60 "Docker's socket" inside docker info
  if [[ -f $archive ]]; then
    inside docker load <"$archive"
  else
    build_images "$archive"
  fi
  inside ctr --namespace k8s.io images import - <"$archive"
  echo "$archive" >"$LAB_WORLD/images.loaded"
}
