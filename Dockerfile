# An image that takes the place of wurstmeister/kafka: same environment, same paths, same command name.

FROM debian:bookworm-slim AS build
WORKDIR /src
COPY bin/lib bin/lib
RUN bin/lib/install-packages build && rm -rf /var/lib/apt/lists/*
COPY CMakeLists.txt CMakePresets.json ./
COPY cmake cmake
COPY src src
COPY zk zk
RUN bin/lib/build && strip build/release/samsa build/release/samsa-broker

FROM debian:bookworm-slim
COPY bin/lib /opt/kafka/bin/lib
RUN /opt/kafka/bin/lib/install-packages run image && rm -rf /var/lib/apt/lists/*
COPY LICENSE /opt/kafka/
COPY bin/samsa-run bin/kafka-*.sh /opt/kafka/bin/
COPY conf /opt/kafka/config
COPY --from=build /src/build/release/samsa /src/build/release/samsa-broker /opt/kafka/bin/
COPY docker/start-samsa.sh docker/create-topics.sh docker/docker /usr/bin/
# The name that users of wurstmeister/kafka start, and a place for their overrides.
RUN ln -s start-samsa.sh /usr/bin/start-kafka.sh && mkdir -p /opt/overrides /kafka

ENV KAFKA_VERSION=2.7.0 \
    SCALA_VERSION=2.13 \
    KAFKA_HOME=/opt/kafka \
    PATH=/opt/kafka/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

VOLUME ["/kafka"]

CMD ["start-samsa.sh"]
