/* What the inputs share: a buffer, of which there are two, on a list of the device, of which there is one. */
struct part {
	bool ready;
	struct kref refs;
};

struct sub {
	bool asleep;
};

struct dev {
	struct device *device;
	struct mutex lock;
	struct rw_semaphore gate;
	spinlock_t slow;
	struct srcu_struct srcu;
	struct list_head bufs;
	bool gone;
	int state;
	unsigned long flags;
	struct sub *sub;
};

struct buf {
	struct dma_buf *dmabuf;
	struct dev *dev;
	struct list_head node;
	struct kref refs;
	refcount_t users;
	atomic_t maps;
	struct completion done;
	wait_queue_head_t wq;
	bool revoked;
	int nr;
	unsigned int marks;
	struct part part;
	struct p2pdma_provider *provider;
};
