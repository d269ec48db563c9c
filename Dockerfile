# The service, from the hashes in requirements.txt. Built by docker-compose.yml.
FROM python:3.11-slim-bookworm

# zbar is the one library that no wheel brings along; the first line of a container's log should not wait in a buffer.
RUN apt-get update -q \
 && apt-get install -y -q --no-install-recommends libzbar0 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data wasteledger \
 && install -d -o wasteledger -g wasteledger /data /log /signer
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1

WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY pyproject.toml README.md ./
COPY schemas ./schemas
COPY scanner ./scanner
COPY labels ./labels
COPY wasteledger ./wasteledger
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

USER wasteledger
EXPOSE 8000
CMD ["wasteledger", "serve"]
