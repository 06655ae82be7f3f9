#!lua flags=allow-oom
-- aside(now, id, kind, cause, connection, json, keep ms) → 1: a dead letter of something that is no run
letter(ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7])
return 1
