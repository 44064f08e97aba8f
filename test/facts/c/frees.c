// __free, CLASS and the macros that take the variable's value away.
static struct foo *make(struct dev *dev)
{
	struct foo *foo __free(kfree) = kzalloc(sizeof(*foo), GFP_KERNEL);
	struct device *parent __free(put_device) = NULL;

	if (!foo)
		return NULL;
	parent = get_device(dev->parent);
	foo->name = name_of(parent);
	if (foo->bad)
		return ERR_PTR(-EINVAL);
	keep(dev, no_free_ptr(foo));
	return foo;
}

static struct foo *pass(void)
{
	struct foo *foo __free(kvfree) = make(NULL);

	if (!set_up(foo))
		retain_and_null_ptr(foo);
	return_ptr(foo);
}

static int fds(int n)
{
	CLASS(fd, f)(n);
	CLASS(get_unused_fd, fd)(O_CLOEXEC);

	if (fd < 0)
		return fd;
	install(fd, f);
	return take_fd(fd);
}

static void unknown(void)
{
	struct foo *foo __free(foo_thing) = make(NULL);
	CLASS(strange, s)(foo);

	use(s);
}
