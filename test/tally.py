"""Adds up the reports that test/run.sh collects and prints the last line: N passed, N failed.

tally.py FOLDER FAILED_STEPS, where the folder holds PRESET.ctest (ctest's JUnit), PRESET/PROGRAM.xml (GoogleTest's) and
NAME.pytest (pytest's JUnit). A skipped test counts as failed, so that nothing is left out silently; but what a machine can not
do, such as mounting a disk to cut its power, is no failure of the tests: it is listed with its reason.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def tests_of_program(report):
    """Tests that passed and failed inside of a GoogleTest program."""
    root = xml.parse(report).getroot()
    failed = int(root.get("failures")) + int(root.get("errors"))
    return int(root.get("tests")) - int(root.get("disabled")) - failed, failed


def tally_ctest(report):
    passed = failed = 0
    for program in xml.parse(report).getroot().iter("testcase"):
        ended_well = program.get("status") == "run"
        own = report.with_suffix("") / f"{program.get('name')}.xml"
        inner_passed, inner_failed = tests_of_program(own) if own.exists() else (int(ended_well), 0)
        passed += inner_passed
        failed += inner_failed
        # It crashed, or a sanitizer or time limit ended it.
        if not ended_well and inner_failed == 0:
            failed += 1
            print(f"failed as a whole: {program.get('name')}")
    return passed, failed


NOT_HERE = "not possible on this machine: "  # as in test/system/cluster.py


def tally_pytest(report):
    suite = next(xml.parse(report).getroot().iter("testsuite"))
    count = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    reasons = [skipped.get("message", "") for skipped in suite.iter("skipped")]
    impossible = sorted(reason for reason in reasons if reason.startswith(NOT_HERE))
    for reason in sorted(set(impossible)):
        print(f"{impossible.count(reason)} of {report.stem} {reason}")
    skipped = count["skipped"] - len(impossible)
    if skipped:
        print(f"skipped, and so counted as failed: {skipped} of {report.stem}")
    failed = count["failures"] + count["errors"] + skipped
    return count["tests"] - failed - len(impossible), failed


def main():
    folder, failed_steps = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    results = [tally_ctest(path) for path in folder.glob("*.ctest")]
    results += [tally_pytest(path) for path in folder.glob("*.pytest")]
    passed = sum(result[0] for result in results)
    failed = sum(result[1] for result in results) + failed_steps
    if passed + failed == 0:
        failed = 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
