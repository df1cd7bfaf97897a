# 机器人用中文说的每一句话。人读的是句子，不是代码。

-bot = Atelier

## Telegram 自己的位置

bot-description =
    我把你的照片画成任意一幅画的风格。发一张照片，再发一幅画，或者从我的风格里挑一个，然后看着画面一笔一笔自己成形。
bot-short-description = 你的照片，任意一幅画的风格。
language-name = 中文
command-start = 开始画画
command-paint = 画你回复的那张图
command-styles = 全部风格，还有你自己的
command-status = 看看你的画进展如何
command-cancel = 停下正在为你画的画
command-settings = 你喜欢的画法
command-language = 选择语言
command-help = 使用方法
command-privacy = 我保存什么、保存多久
command-forget = 清除你的一切
command-stats = 数据一览
command-broadcast = 给所有人捎句话
command-ban = 把某人请出去
command-unban = 让某人回来
command-drain = 不再开始新画
command-resume = 重新开画

## 对话

start =
    你好{ $name ->
        [none] {""}
       *[other] ，{ $name }
    }！我会把照片变成画。

    发给我一张照片，再选一个风格。也可以先在这里选好风格，或者发一幅你喜欢的画。
help =
    1. 发一张照片。以文件形式发送，像素一个不少。
    2. 点照片下方的一个风格，我就开始画。也可以在照片的说明里写上风格的名字，或者发一幅画、一张贴纸当作风格。全部风格见 /styles。
    3. “⚙ 调整”里可以改强度、颜色、尺寸等；默认画法在 /settings。

    画面会在你眼前自己画出来。随时可以用 /cancel 停下，用 /status 看进度。拿一幅画或一个风格的名字回复任意一张图，我就画那一张。
privacy =
    我保存什么、保存多久：

    • 你发的照片和画：只保存到你的画完成为止。原图在 Telegram 那里，我只记着它在哪儿。
    • 画好的画、它的影片和设置：交给你之后再留几天，好让文件和下方的按钮能用。
    • 你的语言、设置、收藏的风格，还有你正准备画的：一直留着，直到你发 /forget。

    这些没有别人会看到，也不会拿去训练任何东西。发一次 /forget，全部立刻清除。只有被管理员请出去的人，我会留下对方的编号。
ask-style = 选一个风格，我就开始画。也可以发一幅你喜欢的画。
ask-blend = 再融入哪幅画？发给我，或者点一个我的：
gallery = 这些是我的风格。点一个，或者发任意一幅你喜欢的画。
my-styles = 你收藏的风格。点一个，就用它来画。
no-styles-yet = 你还没有收藏风格。发一张照片和一幅画，下方会有收藏的按钮。
no-such-style = 这个风格我现在没有，请另选一个。
style-chosen = { $style }，选得好！现在把照片发给我吧。
send-a-photo = 发给我一张照片，或者以文件形式发一张图片，我来画。
first-frame = 这张会动，我取它的第一帧。
name-it = 给这个风格起个什么名字？写给我吧。
style-kept = 收藏好了，名字是“{ $name }”。用 /styles 就能找到它，也可以把名字写在照片的说明里。
style-gone = 已经移除了。
too-many-styles = 你已经收藏了 { $most } 个风格。先移除一个吧：/styles。
nothing-to-keep = 已经没有可以收藏的了。请把照片和画再发一次。
tap-paint = 照片和画都齐了：点下方的“开始画”，或者换一幅画发来。
ready = 用「{ $style }」的风格画这张照片吗？
adjust = 风格：{ $style }
counter-live = 你有 { $count } 幅画正在进行；最多可以同时画 { $limit } 幅。
counter-today = { $count ->
        [0] 24 小时内你可以画 { $limit } 幅。
       *[other] 24 小时内可以画 { $limit } 幅，你已经用了 { $count } 幅。
    }
your-paintings = { $count ->
        [1] 你发的画
       *[other] 你发的 { $count } 幅画
    }
lost-style = 已经不在的风格
work = { $artist ->
        [none] {""}
       *[other] { $artist }
    }《{ $title }》{ $year ->
        [none] {""}
       *[other] ，{ $year }
    }
credit = 原作：{ $work }{ $owner ->
        [none] {""}
       *[other] 。{ $owner }
    }
share = 把你的照片也画成这种风格：{ $style }
button-strength-photo = 强度 ●○○
button-strength-balanced = 强度 ●●○
button-strength-painting = 强度 ●●●
button-colours-painting = ○ 保留照片颜色
button-colours-mine = ✓ 保留照片颜色
button-stroke-fine = 笔触 ●○○
button-stroke-medium = 笔触 ●●○
button-stroke-broad = 笔触 ●●●
button-faces-keep = ✓ 保留五官
button-faces-paint = ○ 保留五官
button-quality-draft = 质量 ●○○
button-quality-normal = 质量 ●●○
button-quality-fine = 质量 ●●●
button-size = ⤢ { $size }{ $time ->
        [none] {""}
       *[other] {" "}· 约 { $time }
    }
size-384 = 小
size-512 = 中
size-768 = 大
size-1024 = 特大
size-1536 = 超大
size-2048 = 海报
size-pixels = { $size } 像素
brief-seconds = { $count } 秒
brief-minutes = { $count } 分钟
button-swap = ⇄ 互换
button-new-photo = 📷 换这张照片
button-blend = ➕ 融合
button-keep = ⭐ 收藏风格
button-paint = 🖌 开始画
button-surprise = 🎲 给我惊喜
button-last = ↺ 和上次一样
button-mine = ⭐ 我的
button-gallery = 🖼 全部风格
button-back = ‹ 返回
button-let-go = ✕ 移除
button-cancel = ✕ 停下
button-cancel-number = ✕ 停下 { $number }
button-again = 🔁 再来一次
button-stronger = + 更浓
button-softer = − 更淡
button-other = 🖼 换个风格
button-adjust = ⚙ 调整
button-more = 更多…
button-bigger = ⤢ 更大
button-compare = ↔ 对比原图
button-file = 📄 文件
button-film = 🎬 影片
button-next = ➜ 再画一层
button-share = ↗ 分享
button-delete = 🗑 删除
button-erase = 🗑 删除
button-retry = 🔁 再试一次
started-over = 都忘掉了。想画的时候，随时发照片给我。
extra-pictures = 第一张我当作照片，接下来的 { $most } 张当作要融合的画；其余的先放在一边了。
painting-each = 这 { $count } 张照片都开始画了。
painting-some = { $all } 张照片里，有 { $count } 张开始画了。
photo-put-aside = 之前的照片先放在一边。想画它，就回复那张照片并写上风格。
photo-waits = 你最后发的照片还在，选个风格就能画。
no-style-by-name = 没有叫“{ $name }”的风格。你想要的是这些吗？

## 每个人自己的

status = { $count ->
        [0] 我现在没有在为你画画。
       *[other] 我手上有你的 { $count } 幅画；最多可以同时画 { $limit } 幅。
    }
status-running = 风格：{ $style }。已画 { $percent }%{ $eta ->
        [none] {""}
       *[other] ，大约还要 { $eta }
    }。
status-queued = 风格：{ $style }。{ $position ->
        [0] 下一幅就是它
       *[other] 前面还有 { $position } 幅
    }{ $eta ->
        [none] {""}
       *[other] ，大约 { $eta }后画好
    }。
settings = 你不另外吩咐，我就这样为你画：
recipe = { $strength ->
        [photo] 轻淡
        [painting] 浓郁
       *[balanced] 均衡
    } · { $colours ->
        [mine] 照片的颜色
       *[painting] 画的颜色
    } · { $stroke ->
        [fine] 细笔触
        [broad] 粗笔触
       *[medium] 中笔触
    }{ $faces ->
        [paint] {" "}· 五官随画风
       *[keep] {""}
    } · { $quality ->
        [draft] 速写
        [fine] 极致
       *[normal] 精细
    } · 尺寸 { $size }
language = 想让我用哪种语言和你说话？
button-as-telegram = 跟随 Telegram
forget = 要清除你的一切吗？画、收藏的风格、设置都会清除，正在画的也会停下。清除之后无法恢复。
button-forget = 🗑 全部清除
button-keep-all = 留着吧
not-forgotten = 什么都没有清除。
forgotten = 已清除：{ $count ->
        [0] {""}
       *[other] { $count } 幅画、
    }你的风格、设置和语言。我又看了一遍：{ $left ->
        [0] 这里没有你的东西了。
       *[other] 这里还剩 { $left } 样，请再发一次 /forget。
    }聊天里的消息，由你自己删除。
stopped-and-forgotten = 停下了，也忘掉了。

## 给管理员

stats =
    人数：{ $people }
    等待：{ $queued }，在画：{ $running }，画师：{ $workers }
    最近一天：完成 { $done }，失败 { $failed }，停下 { $cancelled }，共 { $owners } 人
    { $seconds ->
        [none] 一幅也没有画。
       *[other] 画一幅要 { $seconds }。
    }
drained = 我不再开始新画；正在画的会画完。用 /resume 重新开画。
resumed = 我又开画了。
broadcast-what = 把要告诉大家的话写在命令后面：/broadcast 早上好！
broadcast-sure = 要把这段话告诉 { $count } 个人吗？
button-tell-all = 📣 告诉大家
button-tell-none = ✕ 不发
broadcast-begun = 我正在告诉大家。
broadcast-over = 都告诉了：{ $told } 人收到，{ $gone } 人联系不上。
not-broadcast = 谁也没有告诉。
ban-whom = 是谁？回复对方的一条消息，或者在命令后面写上对方的编号。管理员请不出去。
banned = { $person } 已被请出去。
unbanned = { $person } 可以回来了。

## 画的路上

preparing = 稍等，我正在支起画布……
queued = { $position ->
        [0] 下一幅就是你的。
       *[other] 你前面还有 { $position } 幅画。
    }{ $eta ->
        [none] {""}
       *[other] 大约 { $eta }后画好。
    }
waiting-for-painter = 画师正在准备，{ $position ->
        [0] 第一个就画你的。
       *[other] 画完前面 { $position } 幅就轮到你。
    }
painting = { $bar } { $percent }%
    正在画，风格：{ $style }{ $eta ->
        [none] ……
       *[other] ，大约还要 { $eta }。
    }
seconds = { $count } 秒
minutes = { $count } 分钟
hours = { $count } 小时
card = 你的照片，风格：{ $style }。
done = 「{ $style }」风格 · { $time }
pixels = { $width } × { $height } 像素
note-eased = 现在排队的人多，我画得比你要的 { $asked } 小一些。等人少了，点“更大”就好。
note-photo-smaller-than-size = 我从不放大照片，所以画和你的照片一样小。
note-painting-smaller-than-canvas = 你发的画比画布小；换一张更大的，笔触会更细。
note-painted-in-tiles = 它太大，我一次装不下，就一块一块地画，所以慢一些。
note-painted-by-adam = 它实在太大，我一次装不下，就换了更节省的画法。
note-painted-smaller = 你要的尺寸我装不下，就画小了一些。
note-animation-first-frame = 你发的图里有一张会动，我取了它的第一帧。
cancelled = 停下了。照片和画都还在，改主意了就说一声。
cancelling = 正在停下……
cancelled-jobs = { $count ->
        [0] 我现在没有在为你画画。
        [1] 你的画停下了。
       *[other] 你的 { $count } 幅画都停下了。
    }
too-late = 那一幅已经结束了。
not-yours = 只有点这幅画的人才能这么做。
file-gone = 这幅画的文件我已经不留着了。点“再来一次”，我重新画。
film-gone = 这幅画没有影片。
delete-sure = 删除这幅画吗？删除后无法恢复。
deleted = 已删除。
no-stronger = 已经浓到头了。
no-softer = 已经淡到头了。
no-bigger = 这已经是最大的尺寸。
already-painted = 那一幅已经在画了。
old-button = 这个按钮是之前对话里的。发一张照片给我，我们重新开始。

## 错误，按代码

error-image-unreadable = 我看不懂这个文件里的图。JPEG、PNG、WebP、AVIF 和 HEIC 都可以。
error-image-truncated = 这张图没有传完整，缺了一截。请再发一次。
error-image-too-large = 这张图对我来说太大了：最多 20 MB、8000 万像素，有些格式还要更少。存成 JPEG 也许就可以。
error-image-too-small = 这张图太小，画不了：每边至少要 64 像素。
error-image-too-narrow = 这张图对我来说太狭长了：最多 20 比 1。
error-image-too-slow = 这张图要很久才能打开。重新存成 JPEG 或 PNG 就可以了。
error-recipe-invalid = 用这些设置我画不了。
error-preset-unknown = 这个风格我已经没有了，请另选一个。
error-too-many-today = 24 小时内你已经画了 { $limit } 幅，我为每个人最多画这么多。{ $hours } 小时后就能画下一幅。
error-too-many-jobs = 你有 { $limit } 幅画正在进行，我为每个人最多同时画这么多。等一幅画完，或者停下一幅吧。
error-painting-diverged = 这张照片和这幅画合不到一起。换个强度或者换个风格就可以了。
error-out-of-memory = 这幅画太大，我装不下。换一张小一点的照片就可以了。
error-worker-lost = 画这一幅时，我的画师被打断了三次。请再试一次，或者换张照片。
error-queue-unavailable = 我的记事本一时够不着。什么都没有丢，请过一分钟再试。
error-storage-full = 我这里没有地方再接一幅了。请过一会儿再试，你的图都还在。
error-image-gone = 那张图我已经没有了，请再发一次。
put-aside = 你发送或点按的某样东西让我一再中断，我已把它放到一边。请换一样试试。
error-internal = 我这边出了点问题，已经记下来了。请再试一次。
not-a-picture = { $kind ->
        [video] 我还不会画视频。发给我一张照片，或者最精彩那一刻的截图。
        [animation] 这个会动，而我只画静止的。发给我一张照片，或者它的截图。
        [voice] 我没有耳朵，只有眼睛。发给我一张照片，或者写一个风格的名字。
        [sticker] 这张贴纸会动。静止的贴纸可以当风格；或者发给我一幅画。
       *[other] 我只会画图。发给我一张照片，或者以文件形式发一张图片。
    }

## 消息里风格名前后的词

name-leads = 像 | 用 | 以 | 按 | 成 | 风格 | 風格
name-fillers = 请 | 谢谢 | 的 | 吧 | 一样 | 那样 | 画 | 风格 | 風格 | 帮我 | 麻烦 | 把 | 照片 | 这张 | 能 | 可以 | 吗 | 一下 | 好吗
name-openings = {""}
name-refusals = 不 | 不要 | 不用 | 别 | 别用

## 风格的标题

style-swirling-night = 漩涡之夜
    .also = 漩涡
style-woodblock-waves = 木版海浪
    .also = 浮世绘 | 浮世繪 | 木刻 | 木版画 | 版画
style-stained-glass = 彩色玻璃
    .also = 彩绘玻璃 | 花窗 | 玻璃花窗 | 彩窗
style-mosaic = 马赛克
    .also = 馬賽克 | 镶嵌画
style-fauve-fields = 野兽派田野
    .also = 野兽派 | 野兽主义
style-copper-etching = 铜版画
    .also = 蚀刻 | 蚀刻版画 | 铜版
style-pointillist-garden = 点彩花园
    .also = 点彩 | 点彩派 | 点彩画
style-watercolour-poppies = 水彩罂粟
    .also = 水彩 | 水彩画
style-ink-mountains = 水墨山川
    .also = 水墨 | 水墨画 | 国画 | 山水画 | 中国画
style-golden-tree = 黄金树
    .also = 金箔 | 黄金
style-cubist-facets = 立体派切面
    .also = 立体派 | 立体主义
style-chalk-rooftops = 粉笔屋顶
    .also = 粉笔 | 粉笔画 | 粉彩 | 色粉画
style-primary-grid = 三原色格子
    .also = 三原色 | 风格主义
style-starry-night = 星夜
    .also = 星月夜 | 星空
style-cafe-terrace-at-night = 夜晚露天咖啡座
    .also = 夜间的露天咖啡座
style-wheat-field-with-cypresses = 麦田与柏树
style-irises = 鸢尾花
style-great-wave = 神奈川冲浪里
    .also = 巨浪
style-red-fuji = 赤富士
    .also = 凯风快晴
style-plum-park-in-kameido = 龟户梅屋铺
    .also = 龟户梅屋
style-impression-sunrise = 日出·印象
    .also = 印象·日出
style-water-lilies = 睡莲
style-woman-with-a-parasol = 撑阳伞的女人
style-la-grande-jatte = 大碗岛的星期天下午
    .also = 大碗岛
style-the-kiss-klimt = 吻
style-adele-bloch-bauer = 阿黛尔·布洛赫-鲍尔肖像一号
    .also = 金衣女人
style-girl-with-a-pearl-earring = 戴珍珠耳环的少女
style-rain-steam-and-speed = 雨、蒸汽和速度
style-shipwreck-of-the-minotaur = 米诺陶号的沉没
style-mont-sainte-victoire = 圣维克多山
style-large-blue-horses = 大蓝马
style-four-trees = 四棵树
style-ninth-wave = 九级浪
    .also = 第九浪
style-the-scream = 呐喊
style-composition-vii = 构图七号
    .also = 构成第七号
style-composition-viii = 构图八号
    .also = 构成第八号
style-senecio = 塞内西奥

## 画家

artist-van-gogh = 文森特·梵高
    .also = 梵高
artist-hokusai = 葛饰北斋
    .also = 北斋
artist-hiroshige = 歌川广重
    .also = 广重
artist-monet = 克劳德·莫奈
    .also = 莫奈
artist-seurat = 乔治·修拉
    .also = 修拉
artist-klimt = 古斯塔夫·克林姆特
    .also = 克林姆特
artist-vermeer = 约翰内斯·维米尔
    .also = 维米尔
artist-turner = 威廉·透纳
    .also = 透纳
artist-cezanne = 保罗·塞尚
    .also = 塞尚
artist-marc = 弗朗茨·马尔克
    .also = 马尔克
artist-schiele = 埃贡·席勒
    .also = 席勒
artist-aivazovsky = 伊万·艾瓦佐夫斯基
    .also = 艾瓦佐夫斯基
artist-munch = 爱德华·蒙克
    .also = 蒙克
artist-kandinsky = 瓦西里·康定斯基
    .also = 康定斯基
artist-klee = 保罗·克利
    .also = 克利
