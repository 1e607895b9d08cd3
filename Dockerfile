# One image for every role: `jikimi worker`, `jikimi topics create`, `jikimi exemplars …`.
#
#   docker build --tag jikimi:local .
#
# TORCH_INDEX: torch from the package index carries CUDA (some GB). For machines without a GPU, PyTorch publishes CPU-only wheels
# on an index of its own: give its address here. Untested: that index was not reached from where this was written.
# ops/ca: where a proxy of the house signs TLS anew, put its authority (PEM, *.crt) there. It stays out of git and of the final image.
FROM python:3.11-slim-bookworm AS dependencies
ARG TORCH_INDEX=""
WORKDIR /src
COPY ops/ca /ca
RUN python3 -m venv /opt/jikimi && cat /etc/ssl/certs/ca-certificates.crt $(find /ca -name '*.crt') > /ca.pem
ENV PATH=/opt/jikimi/bin:$PATH PIP_CERT=/ca.pem PIP_QUIET=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements-run.lock ./
RUN if [ -n "$TORCH_INDEX" ]; then \
      pip install --no-deps --index-url "$TORCH_INDEX" "$(grep '^torch==' requirements-run.lock)" \
      && sed -i -E '/^(torch==|triton|nvidia-|cuda-)/d' requirements-run.lock; \
    fi \
 && pip install --no-deps --requirement requirements-run.lock

FROM dependencies AS wheel
COPY pyproject.toml README.md ./
COPY contracts contracts
COPY embeddings embeddings
COPY classifier classifier
COPY consumer consumer
COPY jikimi jikimi
RUN PIP_CONSTRAINT=/src/requirements-run.lock pip wheel --no-deps --wheel-dir /wheel .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 jikimi && useradd --uid 10001 --gid 10001 --create-home jikimi && mkdir /state && chown jikimi:jikimi /state
COPY --from=dependencies /opt/jikimi /opt/jikimi
COPY --from=wheel /wheel /wheel
RUN /opt/jikimi/bin/pip install --quiet --disable-pip-version-check --no-index --no-deps /wheel/*.whl
# All that is written goes to /state (slots, the bank's snapshot, downloaded models) and /tmp: the root file system may be read-only.
ENV PATH=/opt/jikimi/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HF_HOME=/state/huggingface \
    JIKIMI_WORKER__SLOT_FOLDER=/state/slots JIKIMI_BANK__SNAPSHOT=/state/bank.snapshot
USER jikimi
WORKDIR /state
VOLUME /state
ENTRYPOINT ["jikimi"]
CMD ["worker"]
