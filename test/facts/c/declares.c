// Locals that a macro declares.
static void declares(struct foo *foo)
{
	LIST_HEAD(todo);
	DECLARE_COMPLETION_ONSTACK(done);
	DEFINE_DMA_BUF_EXPORT_INFO(exp_info);

	exp_info.priv = foo;
	list_splice_init(&foo->items, &todo);
	foo->done = &done;
	wait_for_completion(&done);
}
