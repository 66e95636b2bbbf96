#pragma once
// What a client's socket is set to.

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace samsa::net {

// What to set SO_RCVBUF to for a size from the configuration; -1 to leave it to the kernel. A
// socket whose size was set is not tuned any more, so that a size which tuning reaches by itself
// would only take throughput away: Kafka's default of 100 KiB turns one 1 MiB batch into ten
// wake-ups. `kernel_limits` is the content of /proc/sys/net/ipv4/tcp_rmem: smallest, first and
// largest size. A text that is none of that counts as no tuning.
int32_t receive_buffer_bytes_to_set(int32_t configured_bytes, const std::string& kernel_limits);
// The same with the limits of the machine this runs on.
int32_t receive_buffer_bytes_to_set(int32_t configured_bytes);

// What to set SO_SNDBUF to; -1 to leave it to the kernel. What tuning reaches queues more than the
// processor's caches hold, which cost four consumers a fifth of their throughput; Kafka's default
// of 100 KiB wakes one consumer more often than it needs.
int32_t send_buffer_bytes_to_set(int32_t configured_bytes);

// Whether both ends of a connection are on this machine.
bool is_within_machine(const sockaddr_storage& peer, const sockaddr_storage& own);

// Gives a listening socket whose connections BBR would pace another congestion control, where the
// administrator allows both, and says what it had; empty when it is left as it is. Within the
// machine there is no path to learn, and each pause is a timer: a consumer had a third of the
// throughput at four times the CPU. A connection that BBR has begun stays paced under any other, so
// that those from elsewhere are given back to it and not the others taken from it.
std::string leave_bbr(int listening_socket);
bool set_congestion_control(int socket, const std::string& name);

}  // namespace samsa::net
