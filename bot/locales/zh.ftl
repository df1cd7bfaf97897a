# 机器人用中文说的每一句话。人读的是句子，不是代码。
#
# 每样东西只有一个名字：
#   风格        画的样子：自带的，或者用户发来的任意一幅画
#   照片        要画的那张
#   作品        画好的结果；“画”是用户发来当风格的画
#   图片        任意图片；会动的叫动图
#   设置        强度、配色、笔触、五官、画质、尺寸
#   过程视频    一幅作品是怎么画出来的
#   用户 ID、公告、屏蔽；称呼用“你”；按钮和名称用「」
#   调整、融合、互换、对比原图、再画一层、收藏风格、停止、移除（风格）、删除（作品）、清除（全部数据）

-bot = Atelier

## Telegram 自己的位置

bot-description =
    发一张照片，选一个风格，我就把它画成一幅画。你喜欢的任何一幅画都可以当风格。作画过程随时看得到。
bot-short-description = 把照片画成你喜欢的任何风格。
language-name = 中文
command-start = 开始使用
command-paint = 画你回复的那张图片
command-styles = 全部风格，包括你收藏的
command-status = 查看作画进度
command-cancel = 停止作画
command-settings = 设置强度、配色、尺寸等
command-language = 选择语言
command-help = 使用帮助
command-privacy = 我保存什么、保存多久
command-forget = 清除你的全部数据
command-report = 举报你回复的那幅作品
command-stats = 过去 24 小时的数据
command-broadcast = 向所有用户发公告
command-ban = 屏蔽用户
command-unban = 取消屏蔽
command-drain = 暂停接新作品
command-resume = 恢复作画

## 对话

start =
    你好{ $name ->
        [none] {""}
       *[other] ，{ $name }
    }！发一张照片给我，我来把它变成画。

    接着选一个风格，或者发一幅你喜欢的画。也可以先选风格。
start-group =
    你好{ $name ->
        [none] {""}
       *[other] ，{ $name }
    }！用照片回复这条消息，我来画。也可以先选一个风格。
hello-group =
    大家好！我能把照片画成画。

    用 /paint{ $bot } 回复一张照片，再选一个风格，或者直接写上风格：/paint{ $bot } 马赛克。也可以先发 /paint{ $bot }，再用照片回复我的消息。
hello-group-all =
    大家好！我能把照片画成画。

    发照片时在说明里写上 { $bot }，或者用 /paint{ $bot } 回复一张照片。也可以直接写上风格：/paint{ $bot } 马赛克。
help =
    1. 发一张照片。想保留原始分辨率，请以文件形式发送。
    2. 点一个风格，我就开始画。也可以在照片说明里写上风格名，或者发一幅画、一张贴纸当风格。全部风格：/styles。
    3. 「⚙ 调整」可以改强度、配色、尺寸等。默认设置：/settings。

    作画过程随时看得到。/status 查看进度，/cancel 停止。想画之前的某张图片，就用风格名或一幅画回复它。
privacy =
    我保存什么、保存多久：

    • 你发的照片和画：保存到你的作品完成为止，没画成的再多保留一天。原图保存在 Telegram，我只留它的编号。
    • 完成的作品、过程视频和设置：再保留几天，供下方的按钮使用。
    • 正准备画的内容：最后一次修改后保留 90 天。
    • 你的 ID、语言、设置和收藏的风格：保留到你发送 /forget，或你连续一年没有使用我。

    我不会把这些分享给任何人，也不会用来训练模型。发送 /forget 会立刻全部清除。如果你被屏蔽，我只保留你的 ID。
privacy-count =
    最近 24 小时内你画了几幅（只有数量，没有作品）：保留到这 24 小时过去，/forget 之后也一样。每日限额靠它计算。
privacy-samples =
    在私聊里，你挑风格时，我有空就会把你的照片画成小样，最多保留一刻钟；/forget 也会把它们清除。
privacy-reports =
    看到你作品的人都可以举报它。这时机器人的管理员会收到那幅作品，以及你和举报人的 ID。/forget 不会清除这些消息。
privacy-guests =
    如果你在我没加入的聊天里提到我，我只能看到那条消息和它回复的消息。作品会发到那个聊天里，/forget 清除不了。
ask-style = 选一个风格，或者发一幅你喜欢的画。
ask-blend = 再融合哪幅画？发给我，或者选一个风格。
gallery = 选一个风格，再发照片给我。
ask-style-group = 选一个风格，或者用你喜欢的画回复这条消息。
ask-blend-group = 再融合哪幅画？选一个风格，或者用那幅画回复这条消息。
gallery-group = 选一个风格，再用照片回复我的消息。
my-styles = 你收藏的风格。点一个，就用它来画。
no-styles-yet = 你还没有收藏风格。发一张照片和一幅画，再依次点「⚙ 调整」和「⭐ 收藏风格」。
no-such-style = 这个风格暂时没有，请另选一个。
style-chosen = 已选「{ $style }」风格，现在把照片发给我吧。
send-a-photo = 发一张照片给我，我来画。
style-chosen-group = 已选「{ $style }」风格，现在用照片回复这条消息吧。
send-a-photo-group = 用照片回复这条消息，我来画。
no-photos-here = 我在这里没有发照片的权限，群管理员可以开启。
no-kind-here = { $kind ->
        [story] 我在这里没有发视频的权限，群管理员可以开启。
        [sticker] 我在这里没有发贴纸的权限，群管理员可以开启。
        [video] 过程视频是 GIF，而我在这里没有发 GIF 的权限，群管理员可以开启。
       *[file] 我在这里没有发文件的权限，群管理员可以开启。
    }
paint-in-private = 你随时可以和我私聊来画。
button-private = 💬 私聊
not-here = 我只在指定的聊天里作画。
guest-card = 我来把它画成「{ $style }」风格。
guest-start = 要在这里画，需要先和我私聊。打开私聊，点「开始」，再回来叫我。
guest-help = 回复一张照片，写上我的名字和风格，像这样：{ $bot } 马赛克
guest-no-style = 没有叫「{ $name }」的风格。最接近的有：{ $styles }。
guest-voice = 以群组或频道身份发言时，我没法在这里画。
guest-in-private = 「{ $style }」风格的作品已发到私聊。
guest-stopped = 已停止。
first-frame = 这是动图，我会用它的第一帧。
name-it = 给这个风格起个名字吧。
name-it-group = 给这个风格起个名字吧，用它回复这条消息。
style-kept = 已收藏为「{ $name }」。在 /styles 里能找到，也可以把名字写在照片说明里。
style-gone = 已移除。
too-many-styles = 你已经收藏了 { $most } 个风格，请先移除一个：/styles。
nothing-to-keep = 没有可以收藏的画了，请把照片和画再发一次。
tap-paint = 照片和画都收到了。点「🖌 开始画」，或者换一幅画发来。
ready = 用「{ $style }」风格画这张照片，开始吗？
adjust = 风格：{ $style }
counter-live = 正在画 { $count } 幅（最多同时 { $limit } 幅）。
counter-today = 过去 24 小时：已画 { $count }/{ $limit } 幅。
your-paintings = { $count ->
        [1] 你发的画
       *[other] 你发的 { $count } 幅画
    }
lost-style = 已下架的风格
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
share = 把你的照片也画成「{ $style }」风格
shared = 「{ $style }」风格的画
button-paint-mine = 🖌 我也要画
button-strength-photo = 强度 ●○○
button-strength-balanced = 强度 ●●○
button-strength-painting = 强度 ●●●
button-colours-painting = ○ 照片配色
button-colours-mine = ✓ 照片配色
button-stroke-fine = 笔触 ●○○
button-stroke-medium = 笔触 ●●○
button-stroke-broad = 笔触 ●●●
button-faces-keep = ✓ 保留五官
button-faces-paint = ○ 保留五官
button-quality-draft = 画质 ●○○
button-quality-normal = 画质 ●●○
button-quality-fine = 画质 ●●●
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
button-new-photo = 📷 当作新照片
button-blend = ➕ 融合
button-keep = ⭐ 收藏风格
button-paint = 🖌 开始画
button-surprise = 🎲 随机
button-last = ↺ 上次的风格
button-mine = ⭐ 我的风格
button-gallery = 🖼 全部风格
button-back = ‹ 返回
button-let-go = ✕ 移除
button-cancel = ✕ 停止
button-cancel-number = ✕ 停止 { $number }
button-again = 🔁 再画一次
button-stronger = + 更浓
button-softer = − 更淡
button-other = 🖼 换个风格
button-adjust = ⚙ 调整
button-more = 更多…
button-bigger = ⤢ 更大
button-compare = ↔ 对比原图
button-file = 📄 文件
button-film = 🎬 过程视频
button-story = 📱 竖版快拍 9:16
button-sticker = 🙂 贴纸
button-next = ➜ 再画一层
button-share = ↗ 分享
button-report = ⚑ 举报
button-flag = ⚑ 举报
button-delete = 🗑 删除
button-erase = 🗑 删除
button-retry = 🔁 再试一次
button-show = 🖼 发到这里
button-send = 🖼 发送 { $number }
button-show-private = 💬 私聊发给我
started-over = 已取消。想画的时候，随时发照片给我。
extra-pictures = 第一张当照片，接下来的 { $most } 张当风格，其余的跳过了。
blend-full = 最多融合 { $most } 幅画，多出的没有加进去。
painting-each = 这 { $count } 张照片都开始画了。
painting-some = { $all } 张照片里，有 { $count } 张开始画了。
photo-put-aside = 之前的照片先放在一边。想画它，就回复那张照片并写上风格。
photo-waits = 你最后发的照片还在，选个风格就能画。
no-style-by-name = 没有叫「{ $name }」的风格。你要找的是下面这些吗？

## 每个人自己的

status = { $count ->
        [0] 目前没有在画的作品。
       *[other] 正在画 { $count } 幅（最多同时 { $limit } 幅）。
    }
status-running = 「{ $style }」风格：已完成 { $percent }%{ $eta ->
        [none] {""}
       *[other] ，还需约 { $eta }
    }。
status-queued = 「{ $style }」风格：{ $position ->
        [0] 下一个就是它
       *[other] 前面还有 { $position } 幅
    }{ $eta ->
        [none] {""}
       *[other] ，约 { $eta }后完成
    }。
status-held = 「{ $style }」风格：已画好，但没能发出来。
settings = 默认设置：
recipe = 强度{ $strength ->
        [photo] 低
        [painting] 高
       *[balanced] 中
    } · { $colours ->
        [mine] 照片配色
       *[painting] 原画配色
    } · { $stroke ->
        [fine] 细笔触
        [broad] 粗笔触
       *[medium] 中笔触
    }{ $faces ->
        [paint] {" "}· 不保留五官
       *[keep] {""}
    } · { $quality ->
        [draft] 草稿画质
        [fine] 最佳画质
       *[normal] 标准画质
    } · 尺寸：{ $size }
language = 使用哪种语言？
button-as-telegram = 跟随 Telegram
forget = 清除你的全部数据吗？作品、收藏的风格和设置都会清除，正在画的也会停止，且无法恢复。
button-forget = 🗑 全部清除
button-keep-all = 全部保留
not-forgotten = 没有清除任何数据。
forgotten = 已清除：{ $count ->
        [0] {""}
       *[other] { $count } 幅作品、
    }你的风格、设置和语言。{ $left ->
        [0] 已复查，没有残留数据。
       *[other] 还剩 { $left } 项数据，请再发一次 /forget。
    }聊天里的消息可以自己删除。
forgotten-but-count =
    只留下一个数字：最近 24 小时内你画了 { $count } 幅。时间一过就会删除。
stopped-and-forgotten = 已停止并清除。

## 给管理员

stats =
    用户：{ $people }
    排队：{ $queued }，在画：{ $running }，工作进程：{ $workers }
    过去 24 小时：完成 { $done }，失败 { $failed }，停止 { $cancelled }，共 { $owners } 位用户
    { $seconds ->
        [none] 没有画过作品。
       *[other] 平均每幅 { $seconds }。
    }
refused = 过去 24 小时拒绝：
refused-kind = • { $kind ->
        [banned] 被屏蔽的用户
        [elsewhere] 其他聊天里的消息
        [not-a-picture] 不是图片的消息
        [forbidden] 没有发图片的权限
        [forbidden-kind] 没有发文件、视频或贴纸的权限
        [refused] Telegram 未接收的作品
        [image-unreadable] 打不开的图片
        [image-damaged] 损坏的图片
        [image-video] 视频
        [image-kind] 其他类型的文件
        [image-truncated] 不完整的图片
        [image-too-large] 太大的图片
        [image-too-small] 太小的图片
        [image-too-narrow] 太狭长的图片
        [image-too-slow] 打开太慢的图片
        [image-gone] Telegram 没有给出的图片
        [image-unavailable] Telegram 没有给出的图片
        [preset-unknown] 已下架的风格
        [too-many-today] 每日上限
        [too-many-jobs] 同时作画的上限
       *[other] 其他原因
    }：{ $count }
drained = 已暂停接新作品，正在画的会画完。恢复请用 /resume。
resumed = 已恢复作画。
broadcast-what = 请在命令后面写公告内容：/broadcast 早上好！
broadcast-sure = 确定发给 { $count } 位用户吗？
button-tell-all = 📣 发送
button-tell-none = ✕ 不发送
broadcast-begun = 正在发送公告。
broadcast-over = 公告已发完：送达 { $told } 人，未送达 { $gone } 人。
not-broadcast = 公告没有发送。
button-ban = ✕ 屏蔽用户 { $user }
button-withdraw = 🗑 删除这幅作品
reported =
    有人举报了一幅作品。风格：{ $style }。

    发起人：{ $user }，聊天：{ $chat }。
    举报人：{ $reporter }。
withdrawn = 已被机器人的管理员移除。
ban-whom = 请回复对方的一条消息，或在命令后面写上对方的 ID。管理员不能被屏蔽。
banned = 已屏蔽用户 { $person }。
unbanned = 已取消屏蔽用户 { $person }。

## 画的路上

preparing = 正在准备画布……
queued = { $position ->
        [0] 下一个就是你。
       *[other] 前面还有 { $position } 幅。
    }{ $eta ->
        [none] {""}
       *[other] 约 { $eta }后完成。
    }
waiting-for-painter = 画师还没准备好，你的画会保留在队列中。{ $position ->
        [0] 下一个就是你。
       *[other] 前面还有 { $position } 幅。
    }
painting = { $bar } { $percent }%
    正在用「{ $style }」风格作画{ $eta ->
        [none] ……
       *[other] ，还需约 { $eta }。
    }
seconds = { $count } 秒
minutes = { $count } 分钟
hours = { $count } 小时
card = 你的照片，「{ $style }」风格。
done = 「{ $style }」风格 · { $time }
held-forbidden = 「{ $style }」风格的作品画好了，但我没有在群里发图片的权限，群管理员可以开启。作品会保留几天。
held-refused = 「{ $style }」风格的作品画好了，但 Telegram 没有接收。作品会保留几天，可以再试一次。
pixels = { $width } × { $height } 像素
note-eased = 现在排队的人多，所以画得比你选的尺寸（{ $asked }）小一些。等人少了，点「更多…」里的「⤢ 更大」。
note-photo-smaller-than-size = 照片比较小，所以作品也比较小。
note-painting-smaller-than-canvas = 你发的画比较小，换一幅大的，笔触会更细。
note-painted-in-tiles = 这幅特别大，所以分块来画，耗时更久。
note-painted-by-adam = 这幅特别大，所以用了更省内存的画法。
note-painted-smaller = 内存不够，所以画得比你选的尺寸小。
note-animation-first-frame = 有一张是动图，用了它的第一帧。
note-picture-incomplete = 有一张图片文件已损坏，缺失的底部已自动补上。
cancelled = 已停止。想继续就点「🔁 再试一次」。
cancelling = 正在停止……
cancelled-jobs = { $count ->
        [0] 目前没有在画的作品。
        [1] 已停止作画。
       *[other] 已停止 { $count } 幅作品。
    }
too-late = 这幅已经结束了。
already-sent = 这幅作品已经发过了。
not-yours = 只有发起人可以操作。
not-yours-but-report = 只有发起人可以操作。要举报这幅作品，请用 /report 回复它。
report-sure = 举报这幅作品吗？机器人的管理员会看到它，以及你和发起人的 ID。
report-sure-tap = 举报这幅作品吗？机器人的管理员会看到它，以及你和发起人的 ID。再点一次「⚑ 举报」确认。
report-thanks = 谢谢，机器人的管理员会查看。
report-enough = 你今天已经举报了好几幅，请明天再来。
painting-gone = 这幅作品已经不在了。
report-failed = 没能联系上机器人的管理员，请稍后再试。
report-what = 请用 /report 回复我的一幅作品。
file-gone = 文件已过期。点「🔁 再画一次」重新画。
film-gone = 这幅作品没有过程视频。
making-story = 正在制作，几秒就好…
story-busy = 正在制作的视频有点多，请过一分钟再试。
delete-sure = 删除这幅作品吗？删除后无法恢复。
deleted = 已删除。
not-deleted = Telegram 不让我删除这幅作品，它还在原处。如果是在群里，群管理员可以删除。
no-stronger = 已经最浓了。
no-softer = 已经最淡了。
no-bigger = 已经是最大尺寸了。
already-begun = 这幅已经开始画了。可以先停止，或者等画好后点「🖼 换个风格」。
already-painted = 这幅已经在画了。
old-button = 这个按钮已失效。发一张照片重新开始吧。

## 错误，按代码

error-image-unreadable = 这张图片打不开。请发 JPEG、PNG、WebP、AVIF 或 HEIC 格式。
error-image-damaged = 图片文件已损坏。请重新保存，或者直接作为照片发送。
error-image-video = 这是视频，暂时还画不了。请发照片或截图。
error-image-kind = { $kind ->
        [unknown] 打不开这种文件。
       *[other] 打不开 { $kind } 文件。
    }请存成 JPEG 再发。
error-image-truncated = { $percent ->
        [0] 这张图片没有传完整，
       *[other] 这张图片只传到了 { $percent }%，
    }请重新发送。
error-image-too-large = 这张图片太大：最多 { $megabytes ->
        [0] 8000 万像素
       *[other] { $megabytes } MB、8000 万像素
    }，有些格式更少。请存成小一点的 JPEG 再发。
error-image-too-small = 这张图片太小：每边至少 64 像素。请换一张大的。
error-image-too-narrow = 这张图片太狭长：长宽比最多 20:1。请裁剪后再发。
error-image-too-slow = 这张图片打开太慢。请存成 JPEG 或 PNG 再发。
error-recipe-invalid = 这样的设置画不了，请在 /settings 里修改。
error-preset-unknown = 这个风格已下架，请另选一个。
error-too-many-today = 24 小时内最多画 { $limit } 幅，已经画满了。{ $hours } 小时后可以继续画。
error-too-many-jobs = 正在画的已有 { $limit } 幅，达到上限。请等一幅画完，或停止一幅：/status。
error-painting-diverged = 照片和风格没能融合成功。换个强度或风格试试。
error-out-of-memory = 这幅太大，内存不够。请换小一点的尺寸或照片。
error-worker-lost = 作画中断了三次。请再试一次，或换一张照片。
error-queue-unavailable = 暂时连不上存储。什么都没有丢，恢复后我会接着处理。
error-storage-full = 存储空间满了，请稍后再试。你的图片都还在。
error-image-unavailable = Telegram 暂时没有把那张图片给我。请过一分钟再试，或者重新发送。
error-image-gone = 那张图片已经没有了，请重新发送。
put-aside = 这一步反复失败，已跳过。请换一个试试。
error-internal = 我这边出了点问题，已记录下来。请再试一次。
not-a-picture = { $kind ->
        [video] 暂不支持视频。请发一张照片或截图。
        [animation] 暂不支持动图。请发一张照片或截图。
        [voice] 暂不支持语音。请发一张照片，或写一个风格名。
        [sticker] 暂不支持动态贴纸。静态贴纸或一幅画都可以当风格。
        [unseen] 这条消息只有我能看到，画好的作品却会让所有人看到。请把照片发到群里，或私聊发给我。
       *[other] 我只能画图片。请发一张照片，或以文件形式发一张图片。
    }

## 本机页面：没有 Telegram 的聊天

page-visitor = 小林
page-guests = 小安 | 小北 | 小晨 | 小丹 | 小艺 | 小凡
page-guest = 访客
page-needs-javascript = 这个页面需要 JavaScript。
page-connecting = 连接中…
page-waiting-for-bot = 等待机器人…
page-online = 在线
page-typing = 正在输入…
page-sending-photo = 正在发送照片…
page-sending-file = 正在发送文件…
page-sending-video = 正在发送视频…
page-choosing-sticker = 正在选贴纸…
page-painting = 正在作画…
page-doing = { $name }{ $action }
page-start = 开始
page-welcome-picture = 一片山谷，从照片变成了画
page-messages = 消息
page-new-messages = 新消息
page-newest = 跳到最新消息
page-newest-unread = 跳到最新消息，未读：{ $count }
page-open-beside = 再开一个聊天
page-switch-theme = 浅色或深色
page-close-column = 关闭这一栏
page-menu = 菜单
page-menu-of = 菜单。你现在是{ $name }
page-chat-as-name = 你现在是{ $name }
page-column-of = { $name }在{ $chat }里
page-invitation = 邀请
page-invited = Atelier 的链接
page-not-now = 以后再说
page-commands = 命令
page-attachments = 附件
page-attach = 添加附件
page-as-file = 以文件发送，不压缩
page-message = 消息
page-add-caption = 加一句说明…
page-send = 发送
page-photos-to-send = 要发送的照片
page-sticker-to-send = 要当贴纸发送的图片
page-photos = 照片
page-files = 文件（不压缩）
page-as-sticker = 把图片当贴纸发
page-up-to = 一次最多 { $most } 个，和普通相册一样。
page-remove = 移除{ $name }
page-drop-photos = 把照片拖到这里
page-drop-photos-why = 让我来画
page-drop-files = 拖到这里，以文件发送
page-drop-files-why = 原图，不压缩
page-you = 你
page-somebody = 某人
page-bot = 机器人
page-photo = 照片
page-video = 视频
page-sticker = 贴纸
page-sticker-of = 贴纸 { $emoji }
page-voice = 语音消息
page-file = 文件
page-edited = 已编辑
page-only-you = 仅你可见
page-forwarded = 转发自{ $name }
page-not-shown = 这里无法显示这种消息。
page-hidden-text = 隐藏文字：点开查看
page-reply = 回复
page-do-not-reply = 取消回复
page-forward = 转发
page-copy-text = 复制文字
page-copied = 已复制。
page-no-copying = 浏览器不允许复制。
page-to-person = 给{ $name }
page-play-film = 播放过程视频
page-picture = 图片
page-open-picture = 打开图片
page-open-picture-of = 打开图片：{ $caption }
page-picture-gone = 这张图片已经没有了
page-open-file = 打开{ $name }
page-download = 下载
page-download-file = 下载{ $name }
page-of-all = { $at } / { $all }
page-previous-picture = 上一张
page-next-picture = 下一张
page-zoom = 放大
page-compare = 原图和作品
page-before = 原图
page-after = 作品
page-close = 关闭
page-chat-as = 聊天身份
page-chat-in = 聊天
page-group = 群组
page-add-member = 添加成员…
page-new-group = 新建群组…
page-leave-group = 退出群组
page-clear-chat = 清空聊天
page-somebody-else = 另一个人…
page-new-name = 新成员的名字
page-their-language = 语言
page-group-name = 群组名称
page-group-people = 群组成员
page-group-maker = { $name }（群主）
page-group-new = 新建群组
page-make-group = 创建群组
page-share-with = 分享给
page-sent-by = 来自{ $name }：“{ $words }”
page-copy-link = 复制链接
page-forward-to = 转发给
page-choose-chat = 选择聊天
page-add-to-group = 添加到群组
page-today = 今天
page-yesterday = 昨天
page-made-group = { $name }创建了群组
page-joined = { $name }加入了群组
page-added = { $name }添加了{ $people }
page-left = { $name }退出了群组
page-removed = { $name }移除了{ $people }
page-supergroup = 这个群组已升级为超级群组
page-was-group = 这里原来是普通群组
page-named-group = { $name }把群组改名为“{ $title }”
page-pinned = { $name }置顶了一条消息
page-unreachable = 服务没有响应，它还在运行吗？
page-refused = 没有成功（{ $status }）。
page-refused-failed = 服务器出错了，原因见日志。
page-refused-too-large = 太大了：最多 60 MB。
page-refused-unicode = 这不是有效的 Unicode。
page-refused-address = 没有这个地址。
page-refused-chat = 没有这个聊天。
page-refused-group = 没有这个群组。
page-refused-user = 没有这个用户。
page-refused-message = 这条消息已经没有了。
page-refused-button = 这个按钮已经没有了。
page-refused-file = 这个文件已经没有了。
page-refused-forward = 只能从你自己的聊天里转发。
page-refused-name = 名字要有 1 到 { $most } 个字符。
page-refused-title = 群组名称要有 1 到 { $most } 个字符。
page-refused-people = 群组里要有人。
page-refused-text = 一条消息最多 { $most } 个字符。
page-refused-caption = 说明最多 { $most } 个字符。
page-refused-blank = 先写点什么吧。
page-refused-files = 一次发送 1 到 { $most } 个文件。
page-refused-empty = “{ $name }”是空的。
page-refused-sticker-large = 这张图片太大，不能做贴纸。
page-refused-sticker-kind = 这不是图片，不能做贴纸。
page-refused-not-member = 你不在这个群组里。
page-refused-member = 你已经在这个群组里了。
page-refused-last = 最后一个成员不能退出群组。
page-refused-supergroup = 这个群组现在是超级群组了。
page-refused-blocked = 你屏蔽了机器人，请先取消屏蔽。

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
style-rainy-avenue = 雨中大道
    .also = 刮刀画 | 厚涂 | 野兽派 | 野兽主义
style-copper-etching = 铜版画
    .also = 蚀刻 | 蚀刻版画 | 铜版
style-dappled-harbour = 点彩海港
    .also = 点彩 | 点彩派 | 点彩画 | 分色派
style-watercolour-hills = 水彩山丘
    .also = 水彩 | 水彩画 | 钢笔淡彩 | 速写
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
