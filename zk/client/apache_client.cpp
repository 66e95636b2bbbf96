#include "zk/client/apache_client.h"

#include <future>

#include "zk/client/apache_session.h"

namespace samsa::zk {

ZkCode code_of(int rc) {
  switch (rc) {
    case ZOK:
      return ZkCode::ok;
    case ZNONODE:
      return ZkCode::no_node;
    case ZNODEEXISTS:
      return ZkCode::node_exists;
    case ZBADVERSION:
      return ZkCode::bad_version;
    case ZNOTEMPTY:
      return ZkCode::not_empty;
    case ZNOAUTH:
      return ZkCode::no_auth;
    case ZNOCHILDRENFOREPHEMERALS:
      return ZkCode::no_children_for_ephemerals;
    case ZCONNECTIONLOSS:
      return ZkCode::connection_loss;
    case ZSESSIONEXPIRED:
      return ZkCode::session_expired;
    case ZBADARGUMENTS:
      return ZkCode::invalid_argument;
    case ZMARSHALLINGERROR:
      return ZkCode::marshalling;
    case ZRUNTIMEINCONSISTENCY:
      return ZkCode::runtime_inconsistency;
    default:
      return ZkCode::other;
  }
}

namespace {

Stat stat_of(const ::Stat* stat) {
  if (stat == nullptr) return {};
  return {stat->czxid,    stat->mzxid,          stat->ctime,      stat->mtime,      stat->version,
          stat->cversion, stat->ephemeralOwner, stat->dataLength, stat->numChildren};
}

int flags_of(CreateMode mode) {
  switch (mode) {
    case CreateMode::persistent:
      return 0;
    case CreateMode::ephemeral:
      return ZOO_EPHEMERAL;
    case CreateMode::persistent_sequential:
      return ZOO_SEQUENCE;
  }
  return 0;
}

const char* value_of(const Bytes& data) { return data.empty() ? nullptr : data.data(); }
int length_of(const Bytes& data) { return data.empty() ? -1 : static_cast<int>(data.size()); }

template <class T>
struct TypedCall : Call {
  std::string path;
  ZkFuture<T> answer;
  void fail(ZkCode code) override { answer.set({code, T{}}); }
};

CallPtr take(const void* context) {
  const std::unique_ptr<CallPtr> owned(static_cast<CallPtr*>(const_cast<void*>(context)));
  return *owned;
}

// The end of every completion but a multi's.
template <class T>
void finish(int rc, const void* context, T value) {
  const CallPtr call = take(context);
  if (ApacheSession::is_lost(rc)) return call->session->lost(call);
  call->session->heard();
  if (rc != ZOK) return call->fail(code_of(rc));
  static_cast<TypedCall<T>&>(*call).answer.set({ZkCode::ok, std::move(value)});
}

void on_string(int rc, const char* value, const void* context) {
  finish<std::string>(rc, context, value == nullptr ? "" : value);
}

void on_data(int rc, const char* value, int length, const ::Stat* stat, const void* context) {
  Data data;
  if (rc == ZOK && value != nullptr && length > 0) {
    data.data.assign(value, static_cast<size_t>(length));
  }
  if (rc == ZOK) data.stat = stat_of(stat);
  finish<Data>(rc, context, std::move(data));
}

void on_stat(int rc, const ::Stat* stat, const void* context) {
  finish<Stat>(rc, context, rc == ZOK ? stat_of(stat) : Stat{});
}

void on_strings(int rc, const ::String_vector* strings, const void* context) {
  std::vector<std::string> names;
  if (rc == ZOK && strings != nullptr) {
    names.assign(strings->data, strings->data + strings->count);
  }
  finish<std::vector<std::string>>(rc, context, std::move(names));
}

void on_nothing(int rc, const void* context) { finish<Nothing>(rc, context, {}); }

struct CreateCall : TypedCall<std::string> {
  Bytes data;
  CreateMode mode = CreateMode::persistent;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_acreate(handle, path.c_str(), value_of(data), length_of(data), &ZOO_OPEN_ACL_UNSAFE,
                       flags_of(mode), on_string, context);
  }
};

struct GetCall : TypedCall<Data> {
  bool watch = false;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aget(handle, path.c_str(), watch ? 1 : 0, on_data, context);
  }
};

struct ExistsCall : TypedCall<Stat> {
  bool watch = false;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aexists(handle, path.c_str(), watch ? 1 : 0, on_stat, context);
  }
};

struct ChildrenCall : TypedCall<std::vector<std::string>> {
  bool watch = false;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aget_children(handle, path.c_str(), watch ? 1 : 0, on_strings, context);
  }
};

struct SetCall : TypedCall<Stat> {
  Bytes data;
  int32_t version = k_any_version;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_aset(handle, path.c_str(), value_of(data), length_of(data), version, on_stat,
                    context);
  }
};

struct RemoveCall : TypedCall<Nothing> {
  int32_t version = k_any_version;
  int submit(zhandle_t* handle, const void* context) override {
    return zoo_adelete(handle, path.c_str(), version, on_nothing, context);
  }
};

struct MultiCall : TypedCall<std::vector<OpResult>> {
  static constexpr size_t k_sequence_digits = 16;

  std::vector<Op> ops;
  // The library writes into these until the completion.
  std::vector<zoo_op_t> raw_ops;
  std::vector<zoo_op_result_t> raw_results;
  std::vector<std::string> paths;
  std::vector<::Stat> stats;

  int submit(zhandle_t* handle, const void* context) override {
    raw_ops.assign(ops.size(), zoo_op_t{});
    raw_results.assign(ops.size(), zoo_op_result_t{});
    paths.assign(ops.size(), {});
    stats.assign(ops.size(), ::Stat{});
    for (size_t i = 0; i < ops.size(); ++i) {
      prepare(i);
      raw_results[i].err = ZRUNTIMEINCONSISTENCY;
    }
    return zoo_amulti(handle, static_cast<int>(ops.size()), raw_ops.data(), raw_results.data(),
                      &MultiCall::complete, context);
  }

  void prepare(size_t i) {
    const Op& op = ops[i];
    const char* name = op.path.c_str();
    switch (op.kind) {
      case Op::Kind::create:
        paths[i].resize(op.path.size() + k_sequence_digits);
        zoo_create_op_init(&raw_ops[i], name, value_of(op.data), length_of(op.data),
                           &ZOO_OPEN_ACL_UNSAFE, flags_of(op.mode), paths[i].data(),
                           static_cast<int>(paths[i].size()));
        return;
      case Op::Kind::set:
        zoo_set_op_init(&raw_ops[i], name, value_of(op.data), length_of(op.data), op.version,
                        &stats[i]);
        return;
      case Op::Kind::remove:
        zoo_delete_op_init(&raw_ops[i], name, op.version);
        return;
      case Op::Kind::check:
        zoo_check_op_init(&raw_ops[i], name, op.version);
        return;
    }
  }

  static void complete(int rc, const void* context) {
    const CallPtr call = take(context);
    if (ApacheSession::is_lost(rc)) return call->session->lost(call);
    call->session->heard();
    static_cast<MultiCall&>(*call).report(rc);
  }

  void report(int rc) {
    std::vector<OpResult> results(ops.size());
    for (size_t i = 0; i < ops.size(); ++i) {
      results[i].code = rc == ZOK ? ZkCode::ok : code_of(raw_results[i].err);
      if (rc != ZOK) continue;
      if (ops[i].kind == Op::Kind::set) results[i].stat = stat_of(&stats[i]);
      if (ops[i].kind == Op::Kind::create) results[i].path = paths[i].c_str();
    }
    answer.set({code_of(rc), std::move(results)});
  }
};

class RealClient : public Client {
 public:
  explicit RealClient(ConnectOptions options)
      : worker_("zk-session", 1),
        session_(std::make_shared<ApacheSession>(std::move(options), worker_)) {}
  ~RealClient() override { session_->close(); }
  Result<void> open() { return session_->open(); }

  ZkFuture<std::string> create(std::string path, Bytes data, CreateMode mode) override {
    auto call = call_of<CreateCall>(std::move(path));
    call->data = std::move(data);
    call->mode = mode;
    call->retriable = false;
    return start(std::move(call));
  }
  ZkFuture<Data> get(std::string path, bool watch) override {
    return read<GetCall>(std::move(path), watch);
  }
  ZkFuture<Stat> exists(std::string path, bool watch) override {
    return read<ExistsCall>(std::move(path), watch);
  }
  ZkFuture<std::vector<std::string>> children(std::string path, bool watch) override {
    return read<ChildrenCall>(std::move(path), watch);
  }
  ZkFuture<Stat> set(std::string path, Bytes data, int32_t version) override {
    auto call = call_of<SetCall>(std::move(path));
    call->data = std::move(data);
    call->version = version;
    return start(std::move(call));
  }
  ZkFuture<Nothing> remove(std::string path, int32_t version) override {
    auto call = call_of<RemoveCall>(std::move(path));
    call->version = version;
    return start(std::move(call));
  }
  ZkFuture<std::vector<OpResult>> multi(std::vector<Op> ops) override {
    auto call = call_of<MultiCall>({});
    call->ops = std::move(ops);
    call->retriable = false;
    return start(std::move(call));
  }

  int64_t session_id() const override { return session_->session_id(); }
  uint64_t generation() const override { return session_->generation(); }
  SessionState state() const override { return session_->state(); }
  void set_listener(std::function<void(const WatchEvent&)> listener) override {
    session_->set_listener(std::move(listener));
  }
  void close() override { session_->close(); }

 private:
  template <class C>
  static std::shared_ptr<C> call_of(std::string path) {
    auto call = std::make_shared<C>();
    call->path = std::move(path);
    return call;
  }
  template <class C>
  using Answer = std::remove_cvref_t<decltype(std::declval<C&>().answer)>;
  template <class C>
  Answer<C> start(std::shared_ptr<C> call) {
    const auto answer = call->answer;
    session_->start(call);
    return answer;
  }
  template <class C>
  Answer<C> read(std::string path, bool watch) {
    auto call = call_of<C>(std::move(path));
    call->watch = watch;
    return start(std::move(call));
  }

  runtime::Workers worker_;
  std::shared_ptr<ApacheSession> session_;
};

Result<std::unique_ptr<RealClient>> open(ConnectOptions options) {
  auto client = std::make_unique<RealClient>(std::move(options));
  if (auto opened = client->open(); !opened) return opened.error();
  return client;
}

// For a thread that is no event loop and waits itself.
struct BlockingCreate : Call {
  explicit BlockingCreate(std::string of) : path(std::move(of)) {}
  std::string path;
  std::promise<ZkCode> done;

  int submit(zhandle_t* handle, const void* context) override {
    return zoo_acreate(handle, path.c_str(), nullptr, -1, &ZOO_OPEN_ACL_UNSAFE, 0,
                       &BlockingCreate::complete, context);
  }
  void fail(ZkCode code) override { done.set_value(code); }
  // Sent again when lost: a path that was made by the first attempt is there, which is all we want.
  static void complete(int rc, const char*, const void* context) {
    const CallPtr call = take(context);
    if (ApacheSession::is_lost(rc)) return call->session->lost(call);
    static_cast<BlockingCreate&>(*call).done.set_value(code_of(rc));
  }
};

struct Closing {
  ApacheSession& session;
  ~Closing() { session.close(); }
};

// Whoever may not create the upper ones needs only that they are there (KAFKA-12866); what is then
// still missing shows with the next step.
Result<void> make_chroot(ConnectOptions options, size_t slash) {
  const std::string chroot = options.connect.substr(slash);
  options.connect.resize(slash);
  const auto deadline = std::chrono::steady_clock::now() + options.connection_timeout;
  runtime::Workers worker("zk-chroot", 1);
  auto session = std::make_shared<ApacheSession>(std::move(options), worker);
  const Closing closing{*session};
  if (auto opened = session->open(); !opened) return opened;
  for (size_t end = chroot.find('/', 1);; end = chroot.find('/', end + 1)) {
    const std::string path = chroot.substr(0, end);
    const auto call = std::make_shared<BlockingCreate>(path);
    auto done = call->done.get_future();
    session->start(call);
    if (done.wait_until(deadline) == std::future_status::timeout)
      return Error(Errc::request_timed_out,
                   "ZooKeeper did not create the chroot " + path + " in time");
    const ZkCode code = done.get();
    const bool may_be_there =
        code == ZkCode::ok || code == ZkCode::node_exists || code == ZkCode::no_auth;
    if (!may_be_there)
      return Error(Errc::unknown_server_error,
                   "Cannot create the ZooKeeper chroot " + path + ": " + to_string(code));
    if (end == std::string::npos) return ok();
  }
}

}  // namespace

Result<std::unique_ptr<Client>> ApacheClient::connect(ConnectOptions options) {
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  const size_t slash = options.connect.find('/');
  if (slash != std::string::npos && slash + 1 == options.connect.size()) {
    options.connect.pop_back();
  } else if (slash != std::string::npos && options.create_chroot) {
    if (auto made = make_chroot(options, slash); !made) return made.error();
  }
  auto client = open(std::move(options));
  if (!client) return client.error();
  return std::unique_ptr<Client>(std::move(*client));
}

}  // namespace samsa::zk
