"""Kafka and we get the same requests, good and bad, and answer, keep and serve the same: see side_by_side.py."""

from side_by_side import compare

SEED, REQUESTS = 27, 700


def test_the_same_requests_have_the_same_answers_and_leave_the_same_files(tmp_path, zookeeper):
    differences, answers = compare(tmp_path, zookeeper.address, SEED, REQUESTS)
    assert answers > REQUESTS
    assert not differences, f"{len(differences)} of seed {SEED}:\n" + "\n".join(differences)[:10000]
