#!/bin/sh
# sbatch --array=0-15 docs/scale/slurm.sh /shared/shards /shared/state
#SBATCH --job-name=rewrap
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --requeue
# SIGTERM comes a minute before the time is up, so that the shard keeps its place.
#SBATCH --signal=B:TERM@60
shards=$1
state=$2
shift 2

${REWRAP:-rewrap} run "$shards" --index-from-env --state "$state" --progress jsonl "$@" &
child=$!
trap 'kill -TERM "$child"' TERM
wait "$child"
code=$?
# A signal ends the first wait; the shard then still copies its record.
while kill -0 "$child" 2>/dev/null; do
  wait "$child"
  code=$?
done

# 3: it stopped and kept its place. The same task is put back into the queue.
if [ "$code" -eq 3 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 10 ]; then
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
