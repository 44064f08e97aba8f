/* Enough of a kernel to compile heron and to run it in one thread. Every step that a checker could care about prints a line. */
#ifndef STUB_H
#define STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef unsigned char u8;
typedef int vm_fault_t;

#define CONFIG_HERON_SLEEP 1
#define EINVAL 22
#define ENOMEM 12
#define ENODEV 19
#define EOPNOTSUPP 95
#define VM_FAULT_SIGBUS 2
#define MAX_SCHEDULE_TIMEOUT 0x7fffffffL
#define HZ 100

#define ERR_PTR(e) ((void *)(long)(e))
#define PTR_ERR(p) ((long)(p))
#define IS_ERR(p) ((unsigned long)(p) >= (unsigned long)-4095)
#define container_of(p, type, member) ((type *)((char *)(p) - offsetof(type, member)))
#define kzalloc_obj(x) calloc(1, sizeof(x))
#define say(...) printf(__VA_ARGS__)

static inline void kfree(void *p)
{
	say("free\n");
	(void)p;
}

static inline long msecs_to_jiffies(unsigned int ms)
{
	return ms / 10;
}

/* lists */
struct list_head { struct list_head *next, *prev; };

static inline void INIT_LIST_HEAD(struct list_head *h)
{
	h->next = h->prev = h;
}

static inline void list_add_tail(struct list_head *n, struct list_head *h)
{
	say("link\n");
	n->prev = h->prev;
	n->next = h;
	h->prev->next = n;
	h->prev = n;
}

static inline void list_del_init(struct list_head *n)
{
	say("unlink\n");
	n->prev->next = n->next;
	n->next->prev = n->prev;
	INIT_LIST_HEAD(n);
}

#define list_for_each_entry_safe(pos, n, head, member)						\
	for (pos = container_of((head)->next, __typeof__(*pos), member),			\
	     n = container_of(pos->member.next, __typeof__(*pos), member);			\
	     &pos->member != (head);								\
	     pos = n, n = container_of(n->member.next, __typeof__(*n), member))

/* locks */
struct mutex { int held; };
struct rw_semaphore { int held; };

#define LOCK(name, type, text) static inline void name(struct type *l) { (void)l; say(text "\n"); }
LOCK(mutex_init, mutex, "new mutex")
LOCK(mutex_lock, mutex, "lock mutex")
LOCK(mutex_unlock, mutex, "unlock mutex")
LOCK(init_rwsem, rw_semaphore, "new rwsem")
LOCK(down_write, rw_semaphore, "lock write")
LOCK(up_write, rw_semaphore, "unlock write")
LOCK(down_read, rw_semaphore, "lock read")
LOCK(up_read, rw_semaphore, "unlock read")

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define GUARD(name, type, lock, unlock)								\
	typedef struct type *guard_##name;							\
	static inline guard_##name guard_##name##_begin(struct type *l) { lock(l); return l; }	\
	static inline void guard_##name##_end(guard_##name *g) { unlock(*g); }
GUARD(mutex, mutex, mutex_lock, mutex_unlock)
GUARD(rwsem_write, rw_semaphore, down_write, up_write)
GUARD(rwsem_read, rw_semaphore, down_read, up_read)
#define guard(name)										\
	guard_##name PASTE(held_, __LINE__) __attribute__((cleanup(guard_##name##_end), unused)) = guard_##name##_begin
#define scoped_guard(name, l)									\
	for (guard_##name PASTE(held_, __LINE__) __attribute__((cleanup(guard_##name##_end))) = guard_##name##_begin(l),	\
	     PASTE(once_, __LINE__) = (void *)1; PASTE(once_, __LINE__); PASTE(once_, __LINE__) = NULL)

/* counts: all kinds print the same */
struct kref { int n; };
typedef struct { int n; } refcount_t;
typedef struct { int n; } atomic_t;

#define COUNTER(prefix, type, set, get, read)							\
	static inline void set(type *c, int n) { c->n = n; say("count is %d\n", n); }		\
	static inline void get(type *c) { say("count up to %d\n", ++c->n); }			\
	static inline bool prefix##_dec_and_test(type *c) { say("count down to %d\n", --c->n); return c->n == 0; }	\
	static inline int read(const type *c) { return c->n; }
COUNTER(refcount, refcount_t, refcount_set, refcount_inc, refcount_read)
COUNTER(atomic, atomic_t, atomic_set, atomic_inc, atomic_read)
COUNTER(kref, struct kref, kref_set, kref_get, kref_read)
#define kref_init(k) kref_set(k, 1)

static inline int kref_put(struct kref *k, void (*release)(struct kref *))
{
	if (!kref_dec_and_test(k))
		return 0;
	release(k);
	return 1;
}

/* waits: a completion and a wait queue print the same */
struct completion { int tokens; };
typedef struct { int unused; } wait_queue_head_t;

#define init_completion(c) ((c)->tokens = 0)
#define reinit_completion(c) ((c)->tokens = 0)
#define complete(c) ((c)->tokens++, say("wake\n"))
#define wait_for_completion(c) ((c)->tokens > 0 ? ((c)->tokens--, say("waited\n")) : say("waits for ever\n"))
#define init_waitqueue_head(q) ((void)(q))
#define wake_up(q) ((void)(q), say("wake\n"))
#define wait_event(q, condition) ((void)(q), say((condition) ? "waited\n" : "waits for ever\n"))

/* files, dma-buf */
enum dma_data_direction { DMA_NONE };
enum dma_resv_usage { DMA_RESV_USAGE_KERNEL, DMA_RESV_USAGE_BOOKKEEP };
struct dma_resv { int held; };
struct file { int count; };
struct sg_table { int n; };
struct phys_vec { unsigned long paddr; size_t len; };
struct p2pdma_provider { int n; };
struct pci_dev { struct p2pdma_provider memory; };
struct dma_buf_attachment;
struct dma_buf;

struct dma_buf_ops {
	int (*attach)(struct dma_buf *, struct dma_buf_attachment *);
	struct sg_table *(*map_dma_buf)(struct dma_buf_attachment *, enum dma_data_direction);
	void (*unmap_dma_buf)(struct dma_buf_attachment *, struct sg_table *, enum dma_data_direction);
	void (*release)(struct dma_buf *);
};

struct dma_buf {
	void *priv;
	const struct dma_buf_ops *ops;
	struct file *file;
	struct dma_resv *resv;
	struct dma_buf_attachment *importer;
};

struct dma_buf_attachment {
	struct dma_buf *dmabuf;
	bool peer2peer;
	bool revocable;
	struct sg_table *mapped;
};

struct dma_buf_export_info { const struct dma_buf_ops *ops; void *priv; };
#define DEFINE_DMA_BUF_EXPORT_INFO(name) struct dma_buf_export_info name = { .ops = NULL }

static struct dma_buf *last_buffer;

static inline struct dma_buf *dma_buf_export(const struct dma_buf_export_info *info)
{
	struct dma_buf *buf = calloc(1, sizeof(*buf));

	buf->priv = info->priv;
	buf->ops = info->ops;
	buf->file = calloc(1, sizeof(*buf->file));
	buf->file->count = 1;
	buf->resv = calloc(1, sizeof(*buf->resv));
	last_buffer = buf;
	say("export\n");
	return buf;
}

static inline int dma_buf_fd(struct dma_buf *buf, int flags)
{
	say("publish\n");
	return buf->importer ? -flags : 3;
}

static inline void dma_buf_put(struct dma_buf *buf)
{
	say("put\n");
	if (--buf->file->count == 0)
		buf->ops->release(buf);
}

static inline struct file *get_file_active(struct file **f)
{
	if ((*f)->count == 0)
		return NULL;
	(*f)->count++;
	return *f;
}

static inline struct file *get_file(struct file *f)
{
	f->count++;
	return f;
}

static inline void fput(struct file *f)
{
	f->count--;
}

#define dma_resv_lock(r, ctx) ((r)->held++, say("lock resv\n"))
#define dma_resv_unlock(r) ((r)->held--, say("unlock resv\n"))
#define dma_resv_assert_held(r) ((r)->held ? (void)0 : (void)say("resv is not held\n"))
#define dma_buf_attach_revocable(a) ((a)->revocable)

static inline long dma_resv_wait_timeout(struct dma_resv *r, enum dma_resv_usage usage, bool intr, long timeout)
{
	say("fence wait %d %d %ld%s\n", usage, intr, timeout, r->held ? "" : " unlocked");
	return 1;
}

static inline struct sg_table *dma_buf_phys_vec_to_sgt(struct dma_buf_attachment *a, struct p2pdma_provider *p,
						       struct phys_vec *v, size_t n, size_t size,
						       enum dma_data_direction dir)
{
	(void)a, (void)p, (void)v, (void)n, (void)size, (void)dir;
	say("map\n");
	return calloc(1, sizeof(struct sg_table));
}

static inline void dma_buf_free_sgt(struct dma_buf_attachment *a, struct sg_table *s, enum dma_data_direction dir)
{
	(void)a, (void)s, (void)dir;
	say("unmap\n");
}

/* An importer that obeys unmaps at once. */
static inline void dma_buf_invalidate_mappings(struct dma_buf *buf)
{
	struct dma_buf_attachment *a = buf->importer;

	say("invalidate%s\n", buf->resv->held ? "" : " unlocked");
	if (a && a->mapped && a->revocable) {
		buf->ops->unmap_dma_buf(a, a->mapped, DMA_NONE);
		a->mapped = NULL;
	}
}
#define dma_buf_move_notify(buf) dma_buf_invalidate_mappings(buf)

/* PCI, memory */
#define pcim_p2pdma_init(pdev) ((void)(pdev), say("set up\n"), 0)
#define pcim_p2pdma_provider(pdev, bar) ((pdev) ? &(pdev)->memory : NULL)
#define unmap_mapping_range(m, start, len, even) say("zap\n")
#define vmf_insert_pfn(vma, address, pfn) (say("insert %lu\n", (unsigned long)(pfn)), 0)

#endif
