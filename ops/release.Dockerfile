# An image that decides by a release of its own; FOLDER is the release, what does not load is not built:
#
#   docker build --file ops/release.Dockerfile --tag jikimi:NAME FOLDER
ARG BASE=jikimi:local
FROM ${BASE}
COPY . /release
ENV JIKIMI_RELEASE=/release
RUN ["python", "-c", "from pathlib import Path; from classifier.release import load_release; print(load_release(Path('/release')).name)"]
