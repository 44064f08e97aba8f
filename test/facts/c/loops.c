// Loops, iterator macros, break, continue and goto.
static int plain(struct foo *foo, int n)
{
	int i;

	while (n--)
		step(foo);
	do {
		if (foo->a)
			continue;
		if (foo->b)
			break;
		step(foo);
	} while (--n > 0);
	for (i = 0; i < n; i++) {
		if (i == 3)
			continue;
		step(foo);
	}
	for (;;) {
		if (done(foo))
			break;
	}
	while (1)
		cpu_relax();
}

static void iterators(struct dev *dev, struct list_head *head)
{
	struct item *item, *tmp;

	list_for_each_entry(item, &dev->items, link)
		use(item);
	list_for_each_entry_safe(item, tmp, head_of(dev), link) {
		if (!item->live)
			continue;
		if (item->last)
			break;
		list_del(&item->link);
		kfree(item);
	}
	for_each_child_of_node_scoped(dev->np, child) {
		if (!match(child))
			continue;
		if (take(child))
			return;
		break;
	}
}

static int jumps(struct foo *foo)
{
	int ret;

again:
	ret = try_it(foo);
	if (ret == -EAGAIN)
		goto again;
	if (ret)
		goto err;
	return 0;
err:
	undo(foo);
	return ret;
	dead_code(foo);
}

static int lost(struct foo *foo)
{
	if (foo->a)
		goto nowhere;
	return 0;
}
