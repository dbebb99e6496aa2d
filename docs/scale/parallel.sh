#!/bin/sh
# docs/scale/parallel.sh SHARDS STATE N [option of rewrap run…]: N shards by GNU parallel, as many at a time as there are cores.
shards=$1
state=$2
count=$3
shift 3

# --retries: a shard that stopped and kept its place (exit code 3) is started again, and so is one that failed; the
# job log says which. `parallel --retry-failed --joblog LOG` goes on another day.
# -N0: the number is in PARALLEL_SEQ, and not an argument.
seq "$count" | parallel -q -N0 --jobs "${JOBS:-100%}" --retries 5 --joblog "$state.joblog" \
  --termseq TERM,60000,KILL,1000 \
  "${REWRAP:-rewrap}" run "$shards" --index-from-env --shards "$count" --state "$state" "$@"
